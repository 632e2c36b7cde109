# Slurm for BatchJobs, which says what each of these is.
package Slurm;
use strict;
use warnings;
use Exporter 'import';
use POSIX ();
use Program qw(output_of);

our @EXPORT_OK = qw(slurm);

my $default_config = <<'END';
command sbatch --export=PATH --ntasks-per-node=1
option time=* --time $0
option mem=* --mem-per-cpu $0
option mem=0
option num_threads=* --cpus-per-task $0
option max_jobs_run=*
option gpu=* -p gpu --gres=gpu:$0
option gpu=0
END

# Reasons for which a job waits that do not pass by themselves.
my $hopeless = qr/^(?:PartitionTimeLimit|PartitionNodeLimit|PartitionConfig|BadConstraints|DependencyNeverSatisfied|InvalidAccount|InvalidQOS
  |AccountNotAllowed|QOSNotAllowed|QOSMaxWallDurationPerJobLimit|AssocMaxWallDurationPerJobLimit)$/x;

sub slurm {
  $ENV{SLURM_BITSTR_LEN} = 0;    # squeue then shows all numbers of an array's waiting jobs
  return {
    name => 'slurm',
    title => 'Slurm',
    config => 'conf/slurm.conf',
    default => $default_config,
    has_long_options => 1,
    task => 'SLURM_ARRAY_TASK_ID',
    id => 'SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID',
    separator => '_',
    submit => \&submit_options,
    single_dash => \&single_dash,
    after => sub { "--dependency=afterany:$_[0]" },
    longest_array => \&longest_array,
    unreachable => qr/contact slurm controller|connection refused|timed? ?out|zero bytes|transport endpoint|backup controller|communication/i,
    full => qr/submit ?job ?(?:per\w+)?limit|job submit limit|max\w*submit|temporarily/i,
    find => \&find,
    poll => \&poll,
    why_waiting => sub { '' },
    post_mortem => \&post_mortem,
    cancel => sub { ['scancel', map { join('_', grep { defined } @$_) } @_] },
  };
}

sub submit_options {
  my ($call, $output) = @_;
  my @words = ('--parsable', '--open-mode=append', '-o', $output, '-e', $output);
  if (defined $call->{name}) {
    my $limit = $call->{max_jobs_run} ? "%$call->{max_jobs_run}" : '';
    push @words, "--array=$call->{first}-$call->{last}$limit";
  }
  return @words;
}

# What GridEngine's options that every Kaldi runner takes mean here; others are sbatch's own.
sub single_dash {
  my ($switch, @values) = @_;
  return '--export=ALL' if $switch eq '-V';
  return () if $switch eq '-pe';    # its number is that of --num-threads
  return ($switch, @values);
}

# Numbers of jobs must be less than MaxArraySize.
sub longest_array {
  my ($text) = output_of('scontrol', 'show', 'config');
  return $text =~ /^MaxArraySize\s*=\s*(\d+)/m ? $1 - 1 : undef;
}

# A submission may arrive although its answer does not. The call's folder, a word of the command, is this call's only.
sub find {
  my ($folder, $offset) = @_;
  my ($text, $status) = output_of('squeue', '--noheader', '--states=all', '--format=%F %o');
  return $status == 0 && $text =~ /^(\d+) .* $offset \Q$folder\E$/m ? $1 : undef;
}

sub poll {
  my @ids = @_;
  my ($text, $status) = output_of('squeue', '--noheader', '--format=%F|%K|%T|%r|%R', '--jobs', join(',', @ids));
  return $text =~ /invalid job id/i ? {} : undef if $status != 0;
  my %states;
  for (split(/\n/, $text)) {
    my ($id, $elements, $state, $reason, $long_reason) = split(/\|/, $_, 5);
    next if !defined $reason || $state eq 'COMPLETING';
    my $waits = $state =~ /PENDING|REQUEUE|CONFIGURING/;
    my %state = (waits => $waits ? 1 : 0, reason => $waits ? reason_of($reason, $long_reason) : '');
    $state{hopeless} = $waits && $reason =~ $hopeless ? 1 : 0;
    $states{$id}{$_} = \%state for $elements =~ /\d/ ? numbers($elements) : ('');
  }
  return \%states;
}

# The longer text in brackets, where there is one: "(Nodes required for job are DOWN, …)".
sub reason_of {
  my ($reason, $long_reason) = @_;
  return $long_reason =~ /^\((.+)\)$/ ? $1 : $reason;
}

# 1-3,7,9-13:2%4 -> 1 2 3 7 9 11 13
sub numbers {
  my ($text) = @_;
  $text =~ s/%\d+$//;
  my @numbers;
  for (split(/,/, $text)) {
    next unless /^(\d+)(?:-(\d+)(?::(\d+))?)?$/;
    for (my $number = $1; $number <= ($2 // $1); $number += $3 // 1) { push @numbers, $number; }
  }
  return @numbers;
}

# scontrol knows a job for some minutes after its end (MinJobAge), sacct, where a site has it, for longer, and its memory.
sub post_mortem {
  my ($id, $element) = @_;
  my $name = defined $element ? "${id}_$element" : $id;
  my %field = fields_of($name);
  my %end;
  if ($field{JobState}) {
    %end = (system_state => $field{JobState}, node => $field{BatchHost} // $field{NodeList}, raw_id => $field{JobId});
    $end{limit} = $field{TimeLimit} if $field{JobState} eq 'TIMEOUT';
    @end{qw(started ended)} = (seconds($field{StartTime}), seconds($field{EndTime}));
    $end{system_reason} = $field{Reason} if ($field{Reason} // 'None') ne 'None' && $field{Reason} ne 'NonZeroExitCode';
    @end{qw(code signal)} = ($1, $2) if ($field{ExitCode} // '') =~ /^(\d+):(\d+)$/;
  }
  return { %end, from_accounting($name) };
}

# A job whose processes are being ended has no state of its own yet.
sub fields_of {
  my ($name) = @_;
  my %field;
  for (1 .. 10) {
    my ($text) = output_of('scontrol', 'show', 'job', '--oneliner', $name);
    %field = $text =~ /(?:^|\s)(\w+)=(\S*)/g;
    last if ($field{JobState} // '') ne 'COMPLETING';
    select(undef, undef, undef, 0.5);
  }
  return %field;
}

# "CANCELLED by 1000" says who; the line of the step ".batch" has the memory.
sub from_accounting {
  my ($name) = @_;
  my ($text, $status) = output_of('sacct', '--noheader', '--parsable2', '--units=K', '--format=State,ExitCode,TotalCPU,MaxRSS,NodeList', '--jobs', $name);
  return () if $status != 0 || $text !~ /\|/;
  my (%end, $kib);
  for (split(/\n/, $text)) {
    my ($state, $code, $cpu, $rss, $node) = split(/\|/, $_);
    if (!defined $end{system_state}) { %end = (system_state => $state, node => $node, cpu_s => cpu_seconds($cpu)); }
    $kib = $1 if ($rss // '') =~ /^(\d+)/ && $1 > ($kib // -1);
  }
  $end{max_rss_kib} = $kib if defined $kib;
  return %end;
}

# [days-][hours:]minutes:seconds
sub cpu_seconds {
  my ($text) = @_;
  return undef unless ($text // '') =~ /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)$/;
  return ((($1 // 0) * 24 + ($2 // 0)) * 60 + $3) * 60 + $4;
}

sub seconds {
  my ($text) = @_;
  return undef unless ($text // '') =~ /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)$/;
  return POSIX::mktime($6, $5, $4, $3, $2 - 1, $1 - 1900, 0, 0, -1);
}

1;
