# What a call of slurm.pl or queue.pl leaves beside the logs, in q/, so that another call finds its jobs:
#
#   q/NAME.sh                      the script of the jobs, NAME being the log's without .log and JOB
#   q/NAME.log                     what the batch system itself says
#   q/call.NAME.HOST-PID-TIME/     while the call lasts:
#     call                         lines of a word and what it means: system (slurm, gridengine), runner (HOST PID), log, jobs (JOB 1 10), command (that
#                                  submits), and for each array `array ID FIRST LAST OFFSET`: job N of the call is element N - OFFSET of job ID
#     jobs                         the numbers of the jobs that are to run
#     NAME.sh                      the script as it was submitted
#     N                            when job N has ended: STATUS NODE START END CPU_S MAX_RSS_KIB ID (seconds since 1970; - if unknown)
#     N.NODE-PID.running           while a copy of job N runs, and after it was killed
#
# The runner holds a lock on the file `call`. A folder whose lock is free is that of a runner that was killed: the next call with one of its
# logs takes its jobs over or cancels them. A call that is given up renames its folder to q/left.NAME.…, and jobs that start later end.
package BatchCall;
use strict;
use warnings;
use BatchScript qw(script);
use CommandLine qw(for_job shell_quote);
use Cwd qw(abs_path);
use Exporter 'import';
use Fcntl qw(:flock);
use File::Basename qw(basename dirname);
use File::Path qw(make_path);
use IO::Handle;
use Program qw(fail host);

our @EXPORT_OK = qw(ends_of give_up id_in_marks job_of leftovers lock_call logs_of new_call note_array open_calls places read_call remove_call);

my $count = 0;

# Where the files of calls with this log lie: {dir, name, output}.
sub places {
  my ($call) = @_;
  my $log = for_job($call, $call->{log}, 'JOB');
  my $dir = dirname($log) . '/q';
  my $name = basename($log) =~ s/\.log$//r =~ s/\.?JOB//gr || 'job';
  make_path($dir, { error => \my $errors });
  fail("cannot make $dir: " . (values %{ $errors->[0] })[0]) if @$errors;
  return { dir => abs_path($dir), name => $name, output => "$dir/$name.log" };
}

sub write_file {
  my ($file, $text) = @_;
  open(my $out, '>', $file) or fail("cannot write $file: $!");
  fail("cannot write $file: $!") unless (print $out $text) && close($out);
}

# The folder of a call for these jobs, which are about to be submitted. Its lock is held from here on.
sub new_call {
  my ($system, $call, $places, $command, @jobs) = @_;
  my $token = (host() =~ s/\..*//sr) . "-$$-" . time . ($count++ ? "-$count" : '');
  my $folder = "$places->{dir}/call.$places->{name}.$token";
  mkdir($folder) or fail("cannot make $folder: $!");
  my $text = script($system, $call);
  my $script = "$folder/$places->{name}.sh";
  write_file($script, $text);
  write_file("$places->{dir}/$places->{name}.sh", $text);
  write_file("$folder/jobs", join(' ', @jobs) . "\n");
  my $file = open_and_lock($folder) // fail("cannot lock $folder/call: $!");
  my $range = ($call->{name} // '-') . " $call->{first} $call->{last}";
  print $file "system $system->{name}\nrunner " . host() . " $$\nlog $call->{log}\njobs $range\ncommand $command\n";
  note_call($folder);
  return { folder => $folder, file => $file, script => $script, arrays => [] };
}

# utils/once.sh keeps the list, to end jobs of a run that was killed before it makes something else.
sub note_call {
  my ($folder) = @_;
  my $list = $ENV{SPEAKERNET_CALLS} // '';
  open(my $out, '>>', $list) or return;
  print $out "$folder\n";
}

sub open_and_lock {
  my ($folder) = @_;
  open(my $file, '+>>', "$folder/call") or return undef;
  $file->autoflush(1);
  # Some network disks know no locks: there a runner that still lives is not noticed.
  return $file if flock($file, LOCK_EX | LOCK_NB) || $!{ENOSYS} || $!{ENOLCK} || $!{EOPNOTSUPP};
  return undef;
}

sub note_array {
  my ($own, $array) = @_;
  push @{ $own->{arrays} }, $array;
  print { $own->{file} } "array @$array{qw(id first last offset)}\n";
}

# Folders of calls whose names look like this one's.
sub open_calls {
  my ($places) = @_;
  return glob("\Q$places->{dir}\E/{call,left}.\Q$places->{name}\E.*");
}

# What a folder says of its call: {folder, system, runner, log, name, first, last, command, arrays}; undef if there is nothing to read.
sub read_call {
  my ($folder) = @_;
  open(my $in, '<', "$folder/call") or return undef;
  my %read = (folder => $folder, arrays => []);
  for (<$in>) {
    if    (/^(system|runner|log|command) (.*)$/)     { $read{$1} = $2; }
    elsif (/^jobs (\w+|-) (\d+) (\d+)$/a)            { @read{qw(name first last)} = ($1 eq '-' ? undef : $1, $2, $3); }
    elsif (/^array (\d+) (\d+) (\d+) (\d+)$/a)       { push @{ $read{arrays} }, { id => $1, first => $2, last => $3, offset => $4 }; }
  }
  return undef unless defined $read{system} && defined $read{log} && defined $read{first};
  $read{place} = qr/(?<![A-Za-z0-9])$read{name}(?![A-Za-z0-9])/ if defined $read{name};
  return \%read;
}

# Locks another runner's call: its `file` stays open. False while that runner, or the watchdog that cancels its jobs, lives.
sub lock_call {
  my ($other) = @_;
  return 1 unless -d $other->{folder};
  $other->{file} = open_and_lock($other->{folder});
  return defined $other->{file};
}

sub logs_of {
  my ($call) = @_;
  return map { for_job($call, $call->{log}, $_) } $call->{first} .. $call->{last};
}

# The array of a call that has a job, and the job's number in it.
sub job_of {
  my ($own, $job) = @_;
  for my $array (@{ $own->{arrays} }) {
    my $element = $job - $array->{offset};
    return ($array, $element) if $element >= $array->{first} && $element <= $array->{last};
  }
  return ();
}

# job -> {status, node, started, ended, cpu_s, max_rss_kib} of those that have ended. Listing the folder also makes a network disk look again.
sub ends_of {
  my ($own, $wanted) = @_;
  opendir(my $in, $own->{folder}) or return {};
  my %ends;
  for my $job (grep { /^\d+$/ && $wanted->{$_} } readdir($in)) {
    open(my $mark, '<', "$own->{folder}/$job") or next;
    my ($line) = <$mark> // '';
    my @fields = split(' ', $line);
    next if @fields < 6;    # not all of it has come yet
    my %end;
    @end{qw(status node started ended cpu_s max_rss_kib)} = @fields;
    $ends{$job} = \%end;
  }
  return \%ends;
}

# Copies of jobs that have not noted their end: jobs' numbers, with what each copy wrote when it started.
sub leftovers {
  my ($own) = @_;
  my %copies;
  for my $file (glob("\Q$own->{folder}\E/*.running")) {
    my ($job) = basename($file) =~ /^(\d+)\./ or next;
    open(my $in, '<', $file) or next;
    my (undef, $node, $started) = split(' ', <$in> // '');
    push @{ $copies{$job} }, { node => $node, started => $started };
  }
  return \%copies;
}

# The id of the array that has one of these jobs, by what a job wrote itself; undef while none has started.
sub id_in_marks {
  my ($own, $piece) = @_;
  for my $file (glob("\Q$own->{folder}\E/*")) {
    my ($job) = basename($file) =~ /^(\d+)(?:\..*\.running)?$/ or next;
    next unless $job >= $piece->{first} + $piece->{offset} && $job <= $piece->{last} + $piece->{offset};
    open(my $in, '<', $file) or next;
    return $1 if (<$in> // '') =~ / (\d+)$/;
  }
  return undef;
}

sub remove_call {
  my ($own) = @_;
  unlink(glob("\Q$own->{folder}\E/*"));
  rmdir($own->{folder});
}

# From here on jobs of this call that start end at once, and no other call takes them over.
sub give_up {
  my ($own) = @_;
  my $left = $own->{folder} =~ s{/call\.([^/]*)$}{/left.$1}r;
  $own->{folder} = $left if rename($own->{folder}, $left);
}

1;
