# The command line of run.pl, queue.pl and slurm.pl, and how its words reach a shell.
#
#   XX.pl [options] [JOB=1:N] [options] LOG COMMAND [ARGUMENT...]
package CommandLine;
use strict;
use warnings;
use Exporter 'import';
use File::Basename qw(basename);
use List::Util qw(min);
use Program qw(fail);

our @EXPORT_OK = qw(command_for_job command_for_script for_job for_script option parse_arguments shell_quote);

my $program = basename($0);

sub shell_quote {
  my ($word) = @_;
  return $word if $word =~ m{^[\w@%+=:,./-]+$}a;
  $word =~ s/'/'\\''/g;
  return "'$word'";
}

# The command as one line of bash. Every word arrives as it is, but for variables set in front of the command
# (`$cmd LOG NAME=value program`). `quote` is what is done to each of the other words.
sub command_line {
  my ($call, $quote) = @_;
  my @words = @{ $call->{words} };
  my @quoted;
  while (@words && $words[0] =~ /^([A-Za-z_]\w*)=(.*)$/s) {
    push @quoted, "$1=" . $quote->($2);
    shift @words;
  }
  return join(' ', @quoted, map { $quote->($_) } @words);
}

sub command_for_job {
  my ($call, $job) = @_;
  return command_line($call, sub { shell_quote(for_job($call, $_[0], $job)) });
}

# The command of all jobs, for a script in which a variable named like them (JOB) holds the job's number.
sub command_for_script {
  my ($call) = @_;
  return command_line($call, sub { for_script($call, $_[0]) });
}

# A word of such a script.
sub for_script {
  my ($call, $word) = @_;
  return shell_quote($word) unless defined $call->{name};
  my @parts = split($call->{place}, $word, -1);
  return shell_quote($word) if @parts < 2;
  return join("\"\$$call->{name}\"", map { length ? shell_quote($_) : '' } @parts);
}

# Puts a job's number in the place of its name (JOB) in a log's name or a command, but not within a longer name (JOBS).
sub for_job {
  my ($call, $text, $job) = @_;
  $text =~ s/$call->{place}/$job/g if defined $call->{name};
  return $text;
}

sub parse_job_range {
  my ($argument, $call) = @_;
  return 0 unless $argument =~ /^([A-Za-z_]\w*)=(\d+)(?::(\d+))?$/;
  my ($name, $first, $last) = ($1, $2, $3 // $2);
  fail("invalid job range $argument: the first job must be 1 or more") if $first < 1;
  fail("invalid job range $argument: the last job comes before the first") if $last < $first;
  @$call{qw(name first last)} = ($name, $first, $last);
  $call->{place} = qr/(?<![A-Za-z0-9])$name(?![A-Za-z0-9])/;
  return 1;
}

# The leading options, as lists of a name and values: `--mem 4G`, `--mem=4G`, `-l mem_free=4G`. `-pe` takes two values, `-V` none.
sub parse_options {
  my ($arguments, $call) = @_;
  while (@$arguments && $arguments->[0] =~ /^-+(.+)$/) {
    my $switch = shift @$arguments;
    if ($switch =~ /^--([\w-]+)=(.*)$/s) {
      push @{ $call->{options} }, ['--' . ($1 =~ tr/_/-/r), $2];
      $call->{joined}{ $call->{options}[-1] } = $switch;
      next;
    }
    my $num_values = $switch eq '-V' ? 0 : $switch eq '-pe' ? 2 : 1;
    fail("option $switch needs a value") if @$arguments < $num_values;
    my @values = splice(@$arguments, 0, $num_values);
    if ($num_values && $values[0] =~ /^--/) { fail("option $switch needs a value, but $values[0] follows"); }
    $switch =~ tr/_/-/ if $switch =~ /^--/;
    # GridEngine's name of an option that every runner knows; and what each of them does anyway: it waits.
    next if $switch eq '-sync';
    $switch = '--max-jobs-run' if $switch eq '-tc';
    push @{ $call->{options} }, [$switch, @values];
  }
}

sub values_of {
  my ($call, $name) = @_;
  return map { $_->[-1] } grep { $_->[0] eq $name } @{ $call->{options} };
}

sub option {
  my ($call, $name, $default) = @_;
  my @given = values_of($call, $name);
  return @given ? $given[-1] : $default;
}

sub whole_number {
  my ($name, $value) = @_;
  fail("option $name must be a whole number, not '$value'") unless $value =~ /^\d+$/a;
  return $value;
}

sub read_known_options {
  my ($call) = @_;
  my $threads = option($call, '--num-threads', undef) // option($call, '-pe', undef);
  $call->{num_threads} = whole_number('--num-threads', $threads // 1) || 1;
  $call->{num_threads_given} = defined $threads;
  $call->{gpu} = whole_number('--gpu', option($call, '--gpu', 0));
  $call->{retries} = whole_number('--retries', option($call, '--retries', 0));
  # As in Kaldi's run.pl: if it is given more than once, the smallest counts.
  my @limits = grep { $_ } map { whole_number('--max-jobs-run', $_) } values_of($call, '--max-jobs-run');
  $call->{max_jobs_run} = min(@limits) // 0;
  $call->{pick} = option($call, '--pick', 'all');
  fail("option --pick must be all, failed or incomplete, not '$call->{pick}'")
    unless $call->{pick} =~ /^(all|failed|incomplete)$/;
}

# parse_arguments(@ARGV) -> {options, name, first, last, log, words, num_threads, gpu, max_jobs_run, retries, pick}
sub parse_arguments {
  my @arguments = @_;
  my $call = { options => [], joined => {}, name => undef, first => 1, last => 1 };
  parse_options(\@arguments, $call);
  if (@arguments && parse_job_range($arguments[0], $call)) {
    shift @arguments;
    parse_options(\@arguments, $call);
  }
  fail("usage: $program [options] [JOB=1:N] LOG COMMAND [ARGUMENT...]") if @arguments < 2;
  read_known_options($call);
  $call->{log} = shift @arguments;
  $call->{words} = \@arguments;
  if (defined $call->{name} && $call->{last} > $call->{first} && $call->{log} !~ $call->{place}) {
    fail("the log's name must contain $call->{name}, as each job needs its own: $call->{log}");
  }
  return $call;
}

1;
