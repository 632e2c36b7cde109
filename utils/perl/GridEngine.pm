# GridEngine for BatchJobs, which says what each of these is.
package GridEngine;
use strict;
use warnings;
use Exporter 'import';
use POSIX ();
use Program qw(output_of);

our @EXPORT_OK = qw(gridengine);

my $default_config = <<'END';
command qsub -v PATH -cwd -S /bin/bash -j y -l arch=*64*
option mem=* -l mem_free=$0,ram_free=$0
option mem=0
option num_threads=* -pe smp $0
option num_threads=1
option max_jobs_run=* -tc $0
option gpu=* -l gpu=$0 -q g.q
option gpu=0
END

sub gridengine {
  return {
    name => 'gridengine',
    title => 'GridEngine',
    config => 'conf/queue.conf',
    default => $default_config,
    has_long_options => 0,
    task => 'SGE_TASK_ID',
    id => 'JOB_ID',
    separator => '.',
    submit => \&submit_options,
    single_dash => sub { @_ },
    after => sub { ('-hold_jid', $_[0]) },
    longest_array => \&longest_array,
    unreachable => qr/(?:contact|message to|connect to|reach) qmaster|commlib error|unable to contact/i,
    full => qr/jobs are allowed per user|active jobs|job limit|max_\w*jobs/i,
    find => \&find,
    poll => \&poll,
    why_waiting => \&why_waiting,
    post_mortem => \&post_mortem,
    cancel => \&cancel,
  };
}

sub submit_options {
  my ($call, $output, $name) = @_;
  $name =~ s/[^\w.-]/_/g;
  my @words = ('-N', $name =~ /^[A-Za-z_]/ ? $name : "j$name", '-o', $output);
  push @words, '-t', "$call->{first}-$call->{last}" if defined $call->{name};
  return @words;
}

sub longest_array {
  my ($text) = output_of('qconf', '-sconf');
  return $text =~ /^max_aj_tasks\s+([1-9]\d*)/m ? $1 : undef;
}

# A submission may arrive although its answer does not. The call's folder, a word of the command, is this call's only.
sub find {
  my ($folder, $offset) = @_;
  my ($text) = output_of('qstat', '-j', '*');
  for (split(/^=+$/m, $text)) {
    my ($id) = /^job_number:\s+(\d+)/m;
    return $id if defined $id && /^job_args:\s+$offset,\Q$folder\E$/m;
  }
  return undef;
}

# Elements of arrays: "3", or with more that wait "4-9:1" or "4,7".
sub poll {
  my %wanted = map { $_ => 1 } @_;
  my ($text, $status) = output_of('qstat', '-u', scalar getpwuid($<));
  return undef if $status != 0 || $text =~ /^(?:error|critical error)/mi;
  my %states;
  for (split(/\n/, $text)) {
    my ($id, undef, undef, undef, $state, undef, undef, @rest) = split;
    next unless defined $state && $wanted{ $id // '' };
    my $elements = @rest > 1 && $rest[-2] =~ /^\d+$/ ? $rest[-1] : '';
    my %state = (waits => $state =~ /[qhw]/ ? 1 : 0, reason => '', hopeless => 0);
    if ($state =~ /E/) { @state{qw(reason hopeless)} = (error_reason($id) // "state $state", 1); }
    $states{$id}{$_} = \%state for $elements ne '' ? numbers($elements) : ('');
  }
  return \%states;
}

sub numbers {
  my ($text) = @_;
  my @numbers;
  for (split(/,/, $text)) {
    next unless /^(\d+)(?:-(\d+)(?::(\d+))?)?$/;
    for (my $number = $1; $number <= ($2 // $1); $number += $3 || 1) { push @numbers, $number; }
  }
  return @numbers;
}

sub error_reason {
  my ($id) = @_;
  my ($text) = output_of('qstat', '-j', $id);
  return $text =~ /^error reason\s+\d+:\s+(?:\S+ \S+ \[\S+\]: )?(.+)$/m ? "in error state (Eqw): $1" : undef;
}

# The scheduler keeps its reasons only where a site has told it to (schedd_job_info); else it is asked for them.
sub why_waiting {
  my ($id) = @_;
  my ($text) = output_of('qstat', '-j', $id);
  my ($info) = $text =~ /^scheduling info:\s+(.*)\z/ms;
  ($info) = output_of('qalter', '-w', 'p', $id) if !defined $info || $info =~ /turned off/;
  my @lines = grep { /\S/ && !/^verification:/ } split(/\n/, $info);
  s/^\s+|\s+$//g for @lines;
  return join('; ', @lines > 3 ? @lines[0 .. 2] : @lines);
}

# qacct reads what the master has written to its accounting file; a job that never ran is not there.
sub post_mortem {
  my ($id, $element) = @_;
  my ($text, $status) = output_of('qacct', '-j', $id, defined $element ? ('-t', $element) : ());
  return {} if $status != 0;
  my %field = map { /^(\w+)\s+(.*?)\s*$/ ? ($1 => $2) : () } split(/\n/, $text =~ s/.*^=+$//msr);
  return {} unless defined $field{failed};
  my %end = (node => $field{hostname}, started => seconds($field{start_time}), ended => seconds($field{end_time}));
  ($end{cpu_s}) = ($field{cpu} // '') =~ /^([\d.]+)/;
  $end{max_rss_kib} = kib($field{maxvmem});
  my ($code) = ($field{exit_status} // '') =~ /^(\d+)/;
  @end{qw(code signal)} = defined $code && $code > 128 ? (0, $code - 128) : ($code, 0);
  if ($field{failed} =~ /^([1-9]\d*)\s*:?\s*(.*)$/) { @end{qw(system_state system_reason)} = ("failed $1", $2); }
  return \%end;
}

sub kib {
  my ($text) = @_;
  return undef unless ($text // '') =~ /^([\d.]+)([KMGT]?)B?$/;
  my %factor = ('' => 1 / 1024, K => 1, M => 1024, G => 1024**2, T => 1024**3);
  return int($1 * $factor{$2});
}

my %month = map { (qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec))[$_] => $_ } 0 .. 11;

sub seconds {
  my ($text) = @_;
  return undef unless ($text // '') =~ /^\w+ (\w+) +(\d+) (\d+):(\d+):(\d+) (\d+)$/ && defined $month{$1};
  return POSIX::mktime($5, $4, $3, $2, $month{$1}, $6 - 1900, 0, 0, -1);
}

sub cancel {
  my @commands = map { defined $_->[1] ? ['qdel', $_->[0], '-t', $_->[1]] : undef } @_;
  my @ids = map { $_->[0] } grep { !defined $_->[1] } @_;
  return ((@ids ? ['qdel', @ids] : ()), grep { defined } @commands);
}

1;
