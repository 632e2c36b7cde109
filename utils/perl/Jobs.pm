# What run.pl, queue.pl and slurm.pl have in common: logs, which jobs to run again, the watchdog, the report of failures.
package Jobs;
use strict;
use warnings;
use CommandLine qw(for_job);
use Exporter 'import';
use File::Basename qw(basename dirname);
use File::Path qw(make_path);
use IO::Handle;
use POSIX qw(setsid);
use Program qw(fail say_on_stderr);
use Usage qw(describe_usage);

our @EXPORT_OK = qw(as_comment is_tried_again last_lines make_log_dir picked_jobs report start_watchdog status_text);

my $program = basename($0);
my $asked_to_leave = 99;    # steps/train.sh and others: saved, and the same command goes on

sub make_log_dir {
  my ($log) = @_;
  make_path(dirname($log), { error => \my $errors });
  fail("cannot make the folder of the log $log: " . (values %{ $errors->[0] })[0]) if @$errors;
}

sub as_comment { return '# ' . ($_[0] =~ s/\n/\n# /gr) . "\n"; }

sub tail_of {
  my ($file, $num_bytes) = @_;
  open(my $in, '<', $file) or return '';
  seek($in, -$num_bytes, 2) if -s $in > $num_bytes;
  local $/ = undef;
  return <$in> // '';
}

# 'done', 'failed' or 'incomplete', from the last lines of a job's log.
sub job_state {
  my ($log) = @_;
  my $tail = tail_of($log, 2000);
  return 'incomplete' unless $tail =~ /^# (?:Ended \(code (\d+)(; signal \d+)?\)|Finished at .* with status (\d+)).*\n\z/m;
  return (($1 // $3) == 0 && !$2) ? 'done' : 'failed';
}

# What --pick asks for: the jobs to run, and those that have failed before and are not run again.
sub picked_jobs {
  my ($call) = @_;
  my (@run, @failed);
  for my $job ($call->{first} .. $call->{last}) {
    my $log = for_job($call, $call->{log}, $job);
    my $state = $call->{pick} eq 'all' ? 'incomplete' : job_state($log);
    if ($state eq 'incomplete' || ($state eq 'failed' && $call->{pick} eq 'failed')) { push @run, $job; }
    elsif ($state eq 'failed') { push @failed, { job => $job, log => $log, reason => 'failed before' }; }
  }
  return (\@run, \@failed);
}

# A process that hears, through the returned pipe, which jobs run ("+ID\n") and which no longer do ("-ID\n"). The pipe ends
# when this program does, in whatever way; then `kill_jobs` is called with the ids of those that still run.
sub start_watchdog {
  my ($kill_jobs) = @_;
  pipe(my $from_program, my $to_watchdog) or fail("cannot make a pipe: $!");
  my $pid = fork() // fail("cannot fork: $!");
  if ($pid) {
    close($from_program);
    $to_watchdog->autoflush(1);
    return $to_watchdog;
  }
  setsid();
  close($to_watchdog);
  open($_->[0], $_->[1], '/dev/null') for [\*STDIN, '<'], [\*STDOUT, '>'], [\*STDERR, '>'];
  my %running;
  while (my $line = <$from_program>) {
    if ($line =~ /^\+(\d+)/) { $running{$1} = 1; }
    if ($line =~ /^-(\d+)/)  { delete $running{$1}; }
  }
  $kill_jobs->(keys %running) if %running;
  POSIX::_exit(0);
}

# The last lines of a log that are not the runner's own; at most `limit`.
sub last_lines {
  my ($log, $limit) = @_;
  my @lines = grep { /\S/ && !/^#/ } split(/[\n\r]+/, tail_of($log, 8000) =~ tr/\0-\x08\x0e-\x1f\x7f//dr);
  @lines = map { substr($_, 0, 500) } @lines;
  return @lines > $limit ? @lines[-$limit .. -1] : @lines;
}

sub status_text {
  my ($status) = @_;
  return 'status 99: it was asked to leave, and the same command goes on' if $status == $asked_to_leave;
  return "status $status" if $status <= 128 || $status > 192;
  my $signal = $status - 128;
  return "ended by signal $signal (" . signal_name($signal) . ')';
}

sub signal_name {
  my %name = (1 => 'HUP', 2 => 'INT', 3 => 'QUIT', 4 => 'ILL', 6 => 'ABRT', 7 => 'BUS', 8 => 'FPE', 9 => 'KILL', 10 => 'USR1',
    11 => 'SEGV', 12 => 'USR2', 13 => 'PIPE', 15 => 'TERM', 24 => 'XCPU', 25 => 'XFSZ');
  return $name{ $_[0] } // 'see kill -l';
}

# Whether --retries allows another attempt; says why the last one failed. What was asked to leave is for the caller to start again.
sub is_tried_again {
  my ($call, $end) = @_;
  return 0 if $end->{attempt} > $call->{retries} || ($end->{status} // '') eq $asked_to_leave;
  my $usage = describe_usage($end);
  say_on_stderr("$end->{log}: $end->{reason}" . ($usage ? ", $usage" : '') . "; tried again ($end->{attempt} of $call->{retries})");
  return 1;
}

# Ends the program: with 0 if no job failed; 99 if all that failed were asked to leave and ended with that; otherwise 1. The message
# names the logs, the last line of the first, and why the job of that log ended. Each failure is {job, log, reason, status, …}, and
# `system_log` is what the batch system said.
sub report {
  my ($call, @failed) = @_;
  exit(0) unless @failed;
  @failed = sort { $a->{job} <=> $b->{job} } @failed;
  my $num_jobs = $call->{last} - $call->{first} + 1;
  my $first = $failed[0];
  if ($num_jobs == 1) {
    say_on_stderr("error: job failed, log is in $first->{log}");
  } else {
    say_on_stderr('error: ' . @failed . " / $num_jobs failed, log is in " . for_job($call, $call->{log}, '*'));
  }
  say_on_stderr($_) for words_of_logs($first);
  my $usage = describe_usage($first);
  my $which = $num_jobs > 1 ? "job $first->{job}" : 'the job';
  say_on_stderr("error: $which: $first->{reason}" . ($usage ? ", $usage" : ''));
  exit((grep { ($_->{status} // '') ne $asked_to_leave } @failed) ? 1 : $asked_to_leave);
}

sub words_of_logs {
  my ($end) = @_;
  my @lines = last_lines($end->{log}, 1);
  return "error: $end->{log} ends with: $lines[0]" if @lines;
  my @system = defined $end->{system_log} ? last_lines($end->{system_log}, 100) : ();
  # All jobs of an array write to it. Slurm's lines name the job by another number than that of the array.
  my @its = defined $end->{raw_id} ? grep { /(?:JOB |StepId=|JobId=)$end->{raw_id}\b/ } @system : ();
  @system = @its if @its;
  @system = @system[-3 .. -1] if @system > 3;
  return "error: $end->{log} ends with: (nothing)" unless @system;
  return map { "error: $end->{system_log} ends with: $_" } @system;
}

1;
