#!/usr/bin/env perl
# Runs jobs on this machine, several at a time, each with its own log: Kaldi's run.pl, written anew.
#
#   utils/run.pl [options] [JOB=1:N] [options] LOG COMMAND [ARGUMENT...]
#
# JOB in LOG and COMMAND, where no letter or digit is next to it, becomes the job's number. Every argument reaches the program as it
# is: no shell sees it, unlike in Kaldi's run.pl. For a pipe say bash -c '… | …'. Options:
#   --max-jobs-run N   at most N jobs at once (default: number of processors / --num-threads, or number of GPUs / --gpu)
#   --num-threads N    sets OMP_NUM_THREADS of the jobs
#   --gpu N            each job sees N GPUs of its own
#   --pick all|failed|incomplete   which jobs to run again, judged by the last lines of their logs
#   --retries N        a job that fails is started again, up to N times
# Others (--mem 4G, -l …) are the batch systems' and ignored. The status is 0, 1, or 99 if all jobs that failed ended with 99: they were
# asked to leave, and the same command goes on. perl/Usage.pm says where it is noted what jobs took.
#
# However run.pl ends, no job goes on without it: SIGINT and SIGTERM are passed on, and after a SIGKILL a watchdog ends them.
use strict;
use warnings;
use File::Basename qw(dirname);
use lib dirname(__FILE__) . '/perl';
use CommandLine qw(command_for_job for_job parse_arguments);
use Jobs qw(as_comment is_tried_again make_log_dir picked_jobs report start_watchdog status_text);
use POSIX ();
use Program qw(fail host say_on_stderr timestamp);
use Usage qw(accounting_line note_usage wait_for_child);

my $grace_s = 10;    # between SIGTERM and SIGKILL

my $call = parse_arguments(@ARGV);
my %job_of;          # pid -> {job, attempt, log, started, slot} of the jobs that run now
my $to_watchdog = start_watchdog(sub { kill_trees('KILL', @_) });
$SIG{$_} = \&interrupt for qw(INT TERM HUP);
report($call, run_all());

sub run_all {
  my @gpus = $call->{gpu} ? visible_gpus() : ();
  my @slots = (0 .. max_jobs_run(scalar @gpus) - 1);
  my ($run, $failed) = picked_jobs($call);
  my @waiting = map { { job => $_, attempt => 1, log => for_job($call, $call->{log}, $_) } } @$run;
  while (@waiting || %job_of) {
    while (@waiting && @slots) { start_job(shift @waiting, shift @slots, \@gpus); }
    my ($pid, $status, $usage) = wait_for_child(-1);
    my $job = delete $job_of{$pid} or next;
    push @slots, delete $job->{slot};
    end_job($pid, $job, $status, $usage);
    next if $job->{status} eq '0';
    if   (is_tried_again($call, $job)) { unshift @waiting, { job => $job->{job}, attempt => $job->{attempt} + 1, log => $job->{log} }; }
    else                               { push @$failed, $job; }
  }
  return @$failed;
}

sub visible_gpus {
  my @gpus = defined $ENV{CUDA_VISIBLE_DEVICES} ? split(/,/, $ENV{CUDA_VISIBLE_DEVICES})
    : map { /^GPU (\d+):/ ? $1 : () } `nvidia-smi -L 2>/dev/null`;
  say_on_stderr("--gpu $call->{gpu}: this machine shows no GPU; the jobs run without") unless @gpus;
  my $number = @gpus;
  fail("--gpu $call->{gpu}: this machine shows $number of them only; ask for at most $number") if @gpus && $number < $call->{gpu};
  return @gpus;
}

sub max_jobs_run {
  my ($num_gpus) = @_;
  return $call->{max_jobs_run} if $call->{max_jobs_run};
  my $limit = $num_gpus ? int($num_gpus / $call->{gpu}) : int(num_processors() / $call->{num_threads});
  return $limit || 1;
}

sub num_processors {
  # nproc would answer with the threads of OpenMP, which path.sh sets to one.
  my $count = `env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc 2>/dev/null`;
  return $count =~ /^(\d+)/ ? $1 : 1;
}

sub start_job {
  my ($job, $slot, $gpus) = @_;
  my $command = command_for_job($call, $job->{job});
  make_log_dir($job->{log});
  write_log($job->{log}, '>', as_comment($command) . '# Started at ' . timestamp() . "\n#\n")
    or stop("cannot write to the log $job->{log}: $!");
  my $pid = fork() // stop("cannot fork: $!");
  exec_job($command, $job->{log}, $slot, $gpus) if $pid == 0;
  $job_of{$pid} = { %$job, started => time, slot => $slot };
}

# In the job's process. It leads a process group of its own, which is what the watchdog and `interrupt` signal.
sub exec_job {
  my ($command, $log, $slot, $gpus) = @_;
  $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
  setpgrp(0, 0);
  syswrite($to_watchdog, "+$$\n");
  $ENV{OMP_NUM_THREADS} = $call->{num_threads} if $call->{num_threads_given};
  if (@$gpus) {
    my $first = ($slot * $call->{gpu}) % @$gpus;
    $ENV{CUDA_VISIBLE_DEVICES} = join(',', map { $gpus->[$_ % @$gpus] } $first .. $first + $call->{gpu} - 1);
  }
  open(STDIN, '<', '/dev/null') && open(STDOUT, '>>', $log) && open(STDERR, '>&', \*STDOUT) or POSIX::_exit(1);
  exec('bash', '-e', '-o', 'pipefail', '-c', $command) or POSIX::_exit(127);
}

# Writes the last lines of a job's log, and what there is to say of its end into the job.
sub end_job {
  my ($pid, $job, $status, $usage) = @_;
  syswrite($to_watchdog, "-$pid\n");
  my ($code, $signal) = ($status >> 8, $status & 127);
  my $ended = "code $code" . ($signal ? "; signal $signal" : '');
  %$job = (%$job, %$usage, id => $pid, ended => time, submitted => $job->{started}, node => host(), status => $signal ? 128 + $signal : $code);
  @$job{qw(state reason)} = ($status == 0 ? 'done' : 'failed', status_text($job->{status}) . ($job->{status} == 137 ? '; often for lack of memory' : ''));
  note_usage($call, $job);
  my $elapsed_s = $job->{ended} - $job->{started};
  write_log($job->{log}, '>>', accounting_line($usage) . "# Accounting: time=$elapsed_s threads=$call->{num_threads}\n"
      . "# Ended ($ended) at " . timestamp() . ", elapsed time $elapsed_s seconds\n")
    or say_on_stderr("error: cannot write to the log $job->{log}: $!");
}

sub write_log {
  my ($log, $mode, $text) = @_;
  open(my $out, $mode, $log) or return 0;
  return (print $out $text) && close($out);
}

sub interrupt {
  my ($signal) = @_;
  $SIG{$_} = 'IGNORE' for qw(INT TERM HUP);
  stop("ended by SIG$signal, and its jobs with it", $signal eq 'INT' ? 130 : $signal eq 'HUP' ? 129 : 143);
}

sub stop {
  my ($message, $status) = @_;
  kill_trees('TERM', keys %job_of);
  for (1 .. $grace_s * 20) {
    while ((my $pid = waitpid(-1, POSIX::WNOHANG())) > 0) { delete $job_of{$pid}; }
    last unless %job_of;
    select(undef, undef, undef, 0.05);
  }
  kill_trees('KILL', keys %job_of);
  fail($message, $status);
}

# Signals the process groups that the given processes lead, and all their descendants, of whatever group.
sub kill_trees {
  my ($signal, @pids) = @_;
  return unless @pids;
  my %children;
  for my $file (glob '/proc/[0-9]*/stat') {
    open(my $in, '<', $file) or next;
    my $line = <$in> // next;
    push @{ $children{$2} }, $1 if $line =~ /^(\d+) \(.*\) \S (\d+)/s;
  }
  my @tree = @pids;
  for (my $i = 0; $i < @tree; $i++) { push @tree, @{ $children{ $tree[$i] } // [] }; }
  kill($signal, map { -$_ } @pids);
  kill($signal, @tree);
}
