# Hands jobs to a batch system: arrays that are too long for it in pieces, and again where it takes none just now.
#
# Of a batch system's description (see BatchJobs) this uses
#   submit         sub(call, output, name) -> further words for the command line
#   after          sub(id) -> words that let a job wait for the end of another
#   longest_array  sub() -> the highest number of a job in one array; undef: no limit is known
#   unreachable    expression: what the submitting command says while the system is away
#   full           expression: what it says while the system takes no more jobs of this user
#   find           sub(folder, offset) -> the id of a job that was taken although the submitting command failed, or undef
package BatchSubmit;
use strict;
use warnings;
use BatchCall qw(id_in_marks);
use Exporter 'import';
use List::Util qw(max min);
use Program qw(output_of say_on_stderr);

our @EXPORT_OK = qw(submit_all);

my $patience_s = { unreachable => 3600, full => 7 * 24 * 3600 };
my ($first_pause_s, $longest_pause_s) = (1, 60);

# Submits jobs of a call; `taken` is called with each array as soon as its id is known, `refused` with a message where there is no hope.
sub submit_all {
  my ($state, $own, $jobs, $taken, $refused) = @_;
  my ($system, $call, $places) = @$state{qw(system call places)};
  my $previous;
  for my $piece (pieces($system, $call, $jobs)) {
    my @words = (@{ $state->{command} }, $system->{submit}->({ %$call, %$piece }, @$places{qw(output name)}));
    # The limit of jobs at once holds for one array only, so the next one waits for its end.
    push @words, $system->{after}->($previous) if defined $previous && $call->{max_jobs_run};
    $previous = submit($system, $own, $piece, $refused, @words);
    $taken->({ %$piece, id => $previous });
  }
}

# Arrays whose numbers the batch system takes. A job's number is the one in its array plus `offset`.
sub pieces {
  my ($system, $call, $jobs) = @_;
  my ($first, $last) = (min(@$jobs), max(@$jobs));
  my $longest = defined $call->{name} && $last > 1 ? $system->{longest_array}->() : undef;
  return ({ first => $first, last => $last, offset => 0 }) if !defined $longest || $last <= $longest;
  my @pieces;
  for (my $start = $first; $start <= $last; $start += $longest) {
    push @pieces, { first => 1, last => min($longest, $last - $start + 1), offset => $start - 1 };
  }
  return @pieces;
}

sub submit {
  my ($system, $own, $piece, $refused, @command) = @_;
  push @command, $own->{script}, $piece->{offset}, $own->{folder};
  my ($start, $pause_s, $told) = (time, $first_pause_s, '');
  while (1) {
    my ($text, $status) = output_of(@command);
    return $1 if $status == 0 && $text =~ /(?:^|\bjob(?:-array)? )(\d+)/mi;
    my $reason = $text =~ s/\s+/ /gr =~ s/ $//r;
    my ($why) = grep { $text =~ $system->{$_} } qw(unreachable full);
    unless (defined $why && time - $start < $patience_s->{$why}) { $refused->("submitting failed: $reason; the command was: @command"); }
    say_on_stderr("the batch system takes no jobs now, trying again until it does: $reason") if $reason ne $told;
    $told = $reason;
    sleep($pause_s);
    $pause_s = min(2 * $pause_s, $longest_pause_s);
    my $id = $why eq 'unreachable' ? $system->{find}->($own->{folder}, $piece->{offset}) // id_in_marks($own, $piece) : undef;
    return $id if defined $id;
  }
}

1;
