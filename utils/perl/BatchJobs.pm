# What slurm.pl and queue.pl have in common: options to the batch system's, one script for all jobs, waiting for them.
#
# A batch system is described by
#   config       file whose lines turn options into those of the submitting command, as Kaldi's conf/queue.conf:
#                  command sbatch --export=PATH      the command
#                  option mem=* --mem-per-cpu $0     what --mem 4G becomes
#                  option gpu=0                      … for one value (here: nothing)
#                  default gpu=0                     for an option that is not given
#   default      what stands in for the file where there is none
#   task         the shell variable that holds a job's number in an array of jobs
#   submit, after, longest_array, unreachable, full, find   see BatchSubmit
#   is_alive     sub(id) -> whether any job of the array still waits or runs
#   cancel       words of the command that removes jobs, followed by their ids
package BatchJobs;
use strict;
use warnings;
use BatchScript qw(make_files remove_folder);
use BatchSubmit qw(submit_all);
use Exporter 'import';
use File::Basename qw(basename);
use Jobs qw(fail for_job make_log_dir option output_of parse_arguments picked_jobs report start_watchdog);
use Text::ParseWords qw(shellwords);

our @EXPORT_OK = qw(run_batch);

my $vanished_after_s = 30;    # a job that is gone must have left its status by then, even on a slow network disk

sub run_batch {
  my ($system, @arguments) = @_;
  my $call = parse_arguments(@arguments);
  my @command = submit_command($system, $call);
  my ($run, $failed) = picked_jobs($call);
  report($call, @$failed) unless @$run;

  make_log_dir(for_job($call, $call->{log}, $_)) for @$run;
  my $files = make_files($system, $call, $run);
  my $watchdog = start_watchdog(sub { system(@{ $system->{cancel} }, @_) });
  my @ids;
  $SIG{$_} = sub { end_jobs($system, $files, \@ids, $_[0]) } for qw(INT TERM HUP);
  my $taken = sub { push @ids, $_[0]; print $watchdog "+$_[0]\n"; };
  my $refused = sub { give_up($system, $files, \@ids); fail($_[0]); };
  submit_all($system, $call, $files, \@command, $taken, $refused);
  push @$failed, wait_for_jobs($system, $files, \@ids, @$run);
  print $watchdog "-$_\n" for @ids;
  report($call, @$failed);
}

sub read_config {
  my ($system, $call) = @_;
  my $given = option($call, '--config', undef);
  my $file = $given // $system->{config};
  my @lines = split(/\n/, $system->{default});
  if (defined $given || -f $file) {
    open(my $in, '<', $file) or fail("cannot read $file: $!");
    @lines = <$in>;
  } else {
    $file = 'the default configuration';
  }
  my %config = (file => $file, option => {}, default => {});
  for my $i (0 .. $#lines) {
    my $line = $lines[$i] =~ s/#.*|\s+$//gr;
    if    ($line =~ /^\s*$/)                              { next; }
    elsif ($line =~ /^\s*command\s+(.+)$/)                { $config{command} = $1; }
    elsif ($line =~ /^\s*option\s+([\w-]+)=(\S+)\s*(.*)$/) { $config{option}{ $1 =~ tr/-/_/r }{$2} = $3; }
    elsif ($line =~ /^\s*default\s+([\w-]+)=(\S+)$/)      { $config{default}{ $1 =~ tr/-/_/r } = $2; }
    else { fail("$file:" . ($i + 1) . ": '$line' is not of the form 'command …', 'option name=value …' or 'default name=value'"); }
  }
  fail("$file: there is no line 'command …'") unless $config{command};
  return \%config;
}

# The words that submit: the configured command, and what the options are turned into.
sub submit_command {
  my ($system, $call) = @_;
  my $config = read_config($system, $call);
  my %value = %{ $config->{default} };
  my @passed_on;
  for my $given (@{ $call->{options} }) {
    my ($switch, @values) = @$given;
    if ($switch =~ /^--(.+)$/) { $value{ $1 =~ tr/-/_/r } = $values[0]; }
    else                       { push @passed_on, $switch, @values; }
  }
  delete @value{qw(config pick)};
  my @words = shellwords($config->{command});
  for my $name (sort keys %value) {
    my $options = $config->{option}{$name} // fail("option --$name: $config->{file} does not say what it means");
    my $text = $options->{ $value{$name} } // $options->{'*'}
      // fail("option --$name $value{$name}: $config->{file} does not say what this value means");
    push @words, map { s/\$0/$value{$name}/gr } shellwords($text);
  }
  return (@words, @passed_on);
}

sub wait_for_jobs {
  my ($system, $files, $ids, @run) = @_;
  my %waiting = map { $_ => 1 } @run;
  my ($pause_s, $checked, $gone_since) = (0.1, time, undef);
  my @failed;
  while (%waiting) {
    for my $job (finished_jobs($files->{done})) {
      next unless delete $waiting{$job};
      push @failed, $job unless read_status("$files->{done}/$job") eq '0';
    }
    last if !%waiting || ($gone_since && time - $gone_since > $vanished_after_s);
    if (!$gone_since && time - $checked >= 5) {
      $gone_since = time unless grep { $system->{is_alive}->($_) } @$ids;
      $checked = time;
    }
    select(undef, undef, undef, $pause_s);
    $pause_s = $pause_s * 1.2 if $pause_s < 2;
  }
  if (%waiting) {
    my $jobs = join(' ', sort { $a <=> $b } keys %waiting);
    print STDERR basename($0), ": error: the batch system no longer knows job @$ids, and these left no status: $jobs; see $files->{output}\n";
  }
  remove_folder($files->{done});
  return (@failed, keys %waiting);
}

# Listing the folder also makes a network disk look again.
sub finished_jobs {
  my ($dir) = @_;
  opendir(my $in, $dir) or return ();
  return grep { /^\d+$/ } readdir($in);
}

sub read_status {
  my ($file) = @_;
  open(my $in, '<', $file) or return 'unreadable';
  my $status = <$in> // '';
  chomp $status;
  return $status;
}

sub end_jobs {
  my ($system, $files, $ids, $signal) = @_;
  $SIG{$_} = 'IGNORE' for qw(INT TERM HUP);
  give_up($system, $files, $ids);
  my $jobs = @$ids ? "job @$ids" : 'what it had submitted';
  fail("ended by SIG$signal, and $jobs with it", $signal eq 'INT' ? 130 : $signal eq 'HUP' ? 129 : 143);
}

sub give_up {
  my ($system, $files, $ids) = @_;
  output_of(@{ $system->{cancel} }, @$ids) if @$ids;
  remove_folder($files->{done});
}

1;
