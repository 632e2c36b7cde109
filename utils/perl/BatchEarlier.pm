# Jobs of calls whose runner was killed with everything around it: another call with one of their logs takes them over, if it would
# submit the very same, or else ends them first. So does utils/once.sh, before it makes a product of other things.
package BatchEarlier;
use strict;
use warnings;
use BatchCall qw(give_up lock_call logs_of open_calls places read_call remove_call);
use BatchScript qw(script);
use Exporter 'import';
use Program qw(fail host output_of say_on_stderr);

our @EXPORT_OK = qw(alive_jobs cancel_and_wait end_earlier_call take_over);

my $cancel_again_s = 60;

# The calls that are taken over, each with `alive`, the numbers of its jobs that still wait or run.
sub take_over {
  my ($system, $call, $places, $command, @run) = @_;
  my %is_wanted = map { $_ => 1 } @run;
  my %log = map { $_ => 1 } logs_of($call);
  my $script = script($system, $call);
  my @taken;
  for my $folder (open_calls($places)) {
    my $other = read_call($folder);
    next unless defined $other && grep { $log{$_} } logs_of($other);
    next unless owns($other);
    my $its_system = $other->{system} eq $system->{name} ? $system : system_named($other->{system});
    my %alive = map { $_ => 1 } jobs_alive($its_system, $other);
    if (is_same($other, $system, $call, $places, $command, $script) && !grep { !$is_wanted{$_} } keys %alive) {
      if (%alive) { push @taken, { %$other, alive => [keys %alive] }; }
      else        { remove_call($other); }
    } else {
      end_call($its_system, $other);
    }
  }
  announce($_, $system, scalar @run) for @taken;
  return @taken;
}

sub announce {
  my ($taken, $system, $num_jobs) = @_;
  print { $taken->{file} } 'runner ' . host() . " $$\n";
  my $ids = join(' ', map { $_->{id} } @{ $taken->{arrays} });
  say_on_stderr('took over ' . @{ $taken->{alive} } . " of $num_jobs jobs that an earlier call has left in $system->{title}: job $ids");
}

# Waits until the other's runner is gone. False if it has ended in good order and left nothing.
sub owns {
  my ($other) = @_;
  my $is_told = 0;
  until (lock_call($other)) {
    say_on_stderr("another runner ($other->{runner}) writes to the log $other->{log}; waiting for its end") unless $is_told++;
    select(undef, undef, undef, 0.5);
  }
  return -d $other->{folder};
}

sub system_named {
  my ($name) = @_;
  if ($name eq 'slurm')      { require Slurm;      return Slurm::slurm(); }
  if ($name eq 'gridengine') { require GridEngine; return GridEngine::gridengine(); }
  fail("a call beside the log is of the unknown batch system '$name'");
}

sub is_same {
  my ($other, $system, $call, $places, $command, $script) = @_;
  return 0 if $other->{folder} =~ m{/left\.[^/]*$} || $other->{system} ne $system->{name} || $other->{command} ne $command;
  return 0 if $other->{log} ne $call->{log} || $other->{first} != $call->{first} || $other->{last} != $call->{last};
  open(my $in, '<', "$other->{folder}/$places->{name}.sh") or return 0;
  local $/ = undef;
  return (<$in> // '') eq $script;
}

# The batch system's answer, in numbers of jobs; undef if there was none.
sub alive_jobs {
  my ($system, $own) = @_;
  return {} unless @{ $own->{arrays} };
  my $states = $system->{poll}->(map { $_->{id} } @{ $own->{arrays} }) // return undef;
  my %alive;
  for my $array (@{ $own->{arrays} }) {
    my $of_array = $states->{ $array->{id} } // next;
    while (my ($element, $state) = each %$of_array) {
      $alive{ $element eq '' ? $array->{first} : $element + $array->{offset} } = $state;
    }
  }
  return \%alive;
}

# Asks until there is an answer.
sub jobs_alive {
  my ($system, $own) = @_;
  my $is_told = 0;
  while (1) {
    my $alive = alive_jobs($system, $own);
    return keys %$alive if defined $alive;
    say_on_stderr("$system->{title} does not say which jobs of an earlier call still run; asking until it does") unless $is_told++;
    sleep(2);
  }
}

sub end_call {
  my ($system, $other) = @_;
  give_up($other);
  my $ids = join(' ', map { $_->{id} } @{ $other->{arrays} });
  say_on_stderr("cancelling what an earlier call has left in $system->{title}, and waiting for its end: job $ids") if jobs_alive($system, $other);
  cancel_and_wait($system, $other);
  remove_call($other);
}

# Cancels all jobs of a call and waits until they are gone, or for `patience_s`. True if they are.
sub cancel_and_wait {
  my ($system, $own, $patience_s) = @_;
  my ($start, $cancelled, $pause_s) = (time, undef, 0.2);
  while (1) {
    my $alive = alive_jobs($system, $own);
    return 1 if defined $alive && !%$alive;
    return 0 if defined $patience_s && time - $start > $patience_s;
    if (!defined $cancelled || time - $cancelled > $cancel_again_s) {
      output_of(@$_) for $system->{cancel}->(map { [$_->{id}] } @{ $own->{arrays} });
      $cancelled = time;
    }
    select(undef, undef, undef, $pause_s);
    $pause_s = $pause_s * 1.5 if $pause_s < 2;
  }
}

# slurm.pl --give-up FOLDER: ends the jobs of one call of this batch system, once its runner is gone.
sub end_earlier_call {
  my ($system, $folder) = @_;
  $folder =~ s{/call\.([^/]*)$}{/left.$1} unless -d $folder;
  my $other = read_call($folder);
  return unless defined $other && $other->{system} eq $system->{name} && owns($other);
  end_call($system, $other);
}

1;
