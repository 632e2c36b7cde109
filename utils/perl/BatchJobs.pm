# What slurm.pl and queue.pl have in common: a call's way from its command line to its report.
#
# A batch system is described by
#   name, title       in files and in messages
#   config, default   the file that says what options mean (see BatchConfig), and what stands in for it where there is none
#   has_long_options  whether the submitting command takes --name=value
#   single_dash       sub(switch, values) -> the words that an option with one dash becomes
#   task              the shell variable that holds a job's number in an array of jobs
#   id                the shell's word, within ${ }, for the id of an array or job
#   separator         between the id of an array and the number of an element, in messages
#   submit, after, longest_array, unreachable, full, find   see BatchSubmit
#   poll              sub(ids) -> id -> element ('' where there is no array) -> {waits, reason, hopeless} of jobs that wait or run; undef if the
#                     system does not answer. `hopeless`: it will never start
#   why_waiting       sub(id) -> what the system says of a job that waits, if `poll` does not know
#   post_mortem       sub(id, element) -> {system_state, system_reason, limit, signal, code, node, started, ended, cpu_s, max_rss_kib}, as far as known
#   cancel            sub([id], [id, element], …) -> the commands that remove these
package BatchJobs;
use strict;
use warnings;
use BatchCall qw(give_up leftovers new_call note_array open_calls places read_call remove_call);
use BatchConfig qw(submit_command);
use BatchEarlier qw(alive_jobs cancel_and_wait end_earlier_call take_over);
use BatchSubmit qw(submit_all);
use BatchWait qw(wait_for_jobs);
use CommandLine qw(for_job parse_arguments shell_quote);
use Exporter 'import';
use Jobs qw(make_log_dir picked_jobs report start_watchdog);
use Program qw(fail host output_of say_on_stderr);

our @EXPORT_OK = qw(run_batch);

my $grace_s = 10;    # how long a runner that leaves waits for the end of its jobs

sub run_batch {
  my ($system, @arguments) = @_;
  if (@arguments == 2 && $arguments[0] eq '--give-up') { return end_earlier_call($system, $arguments[1]); }
  my $call = parse_arguments(@arguments);
  my @command = submit_command($system, $call);
  my ($run, $failed) = picked_jobs($call);
  report($call, @$failed) unless @$run;
  make_log_dir(for_job($call, $call->{log}, $_)) for @$run;

  my $state = { system => $system, call => $call, places => places($call), command => \@command, calls => [], waiting => {}, failed => $failed };
  $SIG{$_} = sub { leave_on_signal($state, $_[0]) } for qw(INT TERM HUP);
  my $runner = host() . " $$";
  $state->{watchdog} = start_watchdog(sub { end_without_runner($state, $runner, @_) });
  run_rounds($state, @$run);
  end_copies($state);
  remove_call($_) for @{ $state->{calls} };
  print { $state->{watchdog} } "-$_->{id}\n" for map { @{ $_->{arrays} } } @{ $state->{calls} };
  report($call, @{ $state->{failed} });
}

sub run_rounds {
  my ($state, @jobs) = @_;
  unlink($state->{places}{output}) unless adopt($state, @jobs);
  @jobs = grep { !$state->{waiting}{$_} } @jobs;
  for (my $attempt = 1; @jobs || %{ $state->{waiting} }; $attempt++) {
    submit_jobs($state, $attempt, @jobs) if @jobs;
    @jobs = wait_for_jobs($state);
  }
}

# Jobs of an earlier call that are the same and still wait or run are waited for as if they were this one's. They may have been disturbed by
# what happened around them, so a failure of theirs is not counted: attempt 0.
sub adopt {
  my ($state, @jobs) = @_;
  my $command = join(' ', map { shell_quote($_) } @{ $state->{command} });
  my @taken = take_over(@$state{qw(system call places)}, $command, @jobs);
  for my $other (@taken) {
    $other->{attempt} = 0;
    push @{ $state->{calls} }, $other;
    $state->{waiting}{$_} = $other for @{ $other->{alive} };
    print { $state->{watchdog} } "+$_->{id}\n" for @{ $other->{arrays} };
  }
  return scalar @taken;
}

sub submit_jobs {
  my ($state, $attempt, @jobs) = @_;
  my $command = join(' ', map { shell_quote($_) } @{ $state->{command} });
  my $own = new_call(@$state{qw(system call places)}, $command, @jobs);
  @$own{qw(attempt submitted)} = ($attempt, time);
  push @{ $state->{calls} }, $own;
  my $taken = sub {
    note_array($own, $_[0]);
    print { $state->{watchdog} } "+$_[0]{id}\n";
  };
  submit_all($state, $own, \@jobs, $taken, sub { leave($state, $_[0]) });
  $state->{waiting}{$_} = $own for @jobs;
  my $ids = join(' ', map { $_->{id} } @{ $own->{arrays} });
  my $range = defined $state->{call}{name} ? ' (' . @jobs . ' jobs)' : '';
  say_on_stderr("$state->{system}{title} has it as job $ids$range; the log is $state->{call}{log}");
}

# Copies of jobs that the batch system has started twice would write on after the end of this call.
sub end_copies {
  my ($state) = @_;
  for my $own (@{ $state->{calls} }) {
    next unless %{ leftovers($own) };
    my $alive = alive_jobs($state->{system}, $own);
    next if defined $alive && !%$alive;
    say_on_stderr('cancelling copies of jobs that have ended: job ' . join(' ', map { $_->{id} } @{ $own->{arrays} }));
    cancel_and_wait($state->{system}, $own, $grace_s);
  }
}

sub leave_on_signal {
  my ($state, $signal) = @_;
  $SIG{$_} = 'IGNORE' for qw(INT TERM HUP);
  my @ids = map { $_->{id} } map { @{ $_->{arrays} } } @{ $state->{calls} };
  my $jobs = @ids ? "job @ids" : 'what it had submitted';
  leave($state, "ended by SIG$signal, and $jobs with it", $signal eq 'INT' ? 130 : $signal eq 'HUP' ? 129 : 143);
}

# Ends with all that was submitted. What takes longer to end keeps its folder, for the next call to wait for it.
sub leave {
  my ($state, $message, $status) = @_;
  give_up($_) for @{ $state->{calls} };
  for my $own (@{ $state->{calls} }) {
    remove_call($own) if !@{ $own->{arrays} } || cancel_and_wait($state->{system}, $own, $grace_s);
  }
  fail($message, $status);
}

# In the watchdog's process, after a SIGKILL of the runner.
sub end_without_runner {
  my ($state, $runner, @ids) = @_;
  for my $folder (open_calls($state->{places})) {
    my $own = read_call($folder);
    give_up($own) if defined $own && ($own->{runner} // '') eq $runner;
  }
  output_of(@$_) for $state->{system}{cancel}->(map { [$_] } @ids);
}

1;
