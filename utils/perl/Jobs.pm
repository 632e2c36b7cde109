# What run.pl, queue.pl and slurm.pl have in common: the command line, quoting, logs and the report.
#
#   XX.pl [options] [JOB=1:N] [options] LOG COMMAND [ARGUMENT...]
#
# Only modules of Debian's perl-base are used, as every Debian machine has them.
package Jobs;
use strict;
use warnings;
use Exporter 'import';
use File::Basename qw(basename dirname);
use File::Path qw(make_path);
use IO::Handle;
use POSIX qw(setsid);

our @EXPORT_OK = qw(command_for_job command_for_script fail for_job for_script make_log_dir option output_of parse_arguments picked_jobs
  report say_on_stderr shell_quote start_watchdog timestamp);

my $program = basename($0);

sub fail {
  my ($message, $status) = @_;
  print STDERR "$program: error: $message\n";
  exit($status // 1);
}

sub say_on_stderr { print STDERR "$program: $_[0]\n"; }

# Both output streams and the status of a command, run without a shell.
sub output_of {
  my @command = @_;
  my $pid = open(my $out, '-|') // fail("cannot fork: $!");
  if ($pid == 0) {
    open(STDERR, '>&', \*STDOUT);
    exec { $command[0] } @command or syswrite(STDOUT, "$command[0]: $!\n");
    POSIX::_exit(127);
  }
  local $/ = undef;
  my $text = <$out> // '';
  close($out);
  return ($text, $?);
}

sub timestamp { return scalar localtime; }

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

# The leading options, as pairs: `--mem 4G`, `-l mem_free=4G`. `-pe` takes two values, `-V` none.
sub parse_options {
  my ($arguments, $call) = @_;
  while (@$arguments && $arguments->[0] =~ /^-+(.+)$/) {
    my $name = $1;
    my $switch = shift @$arguments;
    my $num_values = $name eq 'V' ? 0 : $name eq 'pe' ? 2 : 1;
    fail("option $switch needs a value") if @$arguments < $num_values;
    my @values = splice(@$arguments, 0, $num_values);
    if ($num_values && $values[0] =~ /^--/) { fail("option $switch needs a value, but $values[0] follows"); }
    $name =~ tr/_/-/ if $switch =~ /^--/;
    push @{ $call->{options} }, [$switch =~ /^--/ ? "--$name" : $switch, @values];
  }
}

sub option {
  my ($call, $name, $default) = @_;
  my @given = grep { $_->[0] eq $name } @{ $call->{options} };
  return @given ? $given[-1][1] : $default;
}

sub whole_number {
  my ($call, $name, $default) = @_;
  my $value = option($call, $name, $default);
  fail("option $name must be a whole number, not '$value'") unless $value =~ /^\d+$/;
  return $value;
}

sub read_known_options {
  my ($call) = @_;
  $call->{num_threads} = whole_number($call, '--num-threads', 1) || 1;
  $call->{num_threads_given} = defined option($call, '--num-threads', undef);
  $call->{gpu} = whole_number($call, '--gpu', 0);
  my $limit = option($call, '-tc', 0);
  $call->{max_jobs_run} = whole_number($call, '--max-jobs-run', $limit);
  $call->{pick} = option($call, '--pick', 'all');
  fail("option --pick must be all, failed or incomplete, not '$call->{pick}'")
    unless $call->{pick} =~ /^(all|failed|incomplete)$/;
}

# parse_arguments(@ARGV) -> {options, name, first, last, log, words, num_threads, gpu, max_jobs_run, pick}
sub parse_arguments {
  my @arguments = @_;
  my $call = { options => [], name => undef, first => 1, last => 1 };
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

# Puts a job's number in the place of its name (JOB) in a log's name or a command, but not within a longer name (JOBS).
sub for_job {
  my ($call, $text, $job) = @_;
  $text =~ s/$call->{place}/$job/g if defined $call->{name};
  return $text;
}

sub make_log_dir {
  my ($log) = @_;
  make_path(dirname($log), { error => \my $errors });
  fail("cannot make the folder of the log $log: " . (values %{ $errors->[0] })[0]) if @$errors;
}

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
    my $state = $call->{pick} eq 'all' ? 'incomplete' : job_state(for_job($call, $call->{log}, $job));
    if ($state eq 'incomplete' || ($state eq 'failed' && $call->{pick} eq 'failed')) { push @run, $job; }
    elsif ($state eq 'failed') { push @failed, $job; }
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

sub last_words {
  my ($log) = @_;
  my @lines = grep { /\S/ && !/^#/ } split(/[\n\r]+/, tail_of($log, 8000) =~ tr/\0-\x08\x0e-\x1f\x7f//dr);
  return @lines ? substr($lines[-1], 0, 500) : '(nothing)';
}

# Ends the program: 0 if no job failed; otherwise 1, with a message naming the logs and the last line of the first.
sub report {
  my ($call, @failed) = @_;
  exit(0) unless @failed;
  @failed = sort { $a <=> $b } @failed;
  my $num_jobs = $call->{last} - $call->{first} + 1;
  my $first_log = for_job($call, $call->{log}, $failed[0]);
  if ($num_jobs == 1) {
    print STDERR "$program: error: job failed, log is in $first_log\n";
  } else {
    my $num_failed = @failed;
    my $logs = for_job($call, $call->{log}, '*');
    print STDERR "$program: error: $num_failed / $num_jobs failed, log is in $logs\n";
  }
  print STDERR "$program: error: $first_log ends with: ", last_words($first_log), "\n";
  exit(1);
}

1;
