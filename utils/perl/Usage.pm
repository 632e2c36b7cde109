# What jobs took. It stands in the last lines of a job's log (`# Accounting: …`). Where SPEAKERNET_USAGE names a file, the runner also
# appends a line to it when a job has ended, once for each attempt; fields are separated by tabs, and '-' is what nobody knows:
#
#   stage product       SPEAKERNET_STAGE and SPEAKERNET_PRODUCT, which run.sh and utils/once.sh set
#   runner              run.pl, slurm.pl, queue.pl
#   log job attempt     the job's log, its number (1 where there is no JOB=…), and 1, 2, … with --retries
#   id                  of the batch system (12, 12_3, 12.3) or of the process
#   state               done, failed, or the system's word for how it ended the job (TIMEOUT, OUT_OF_MEMORY, …), without blanks
#   status              of the command; 128 + N if signal N ended it
#   node                where it ran
#   submitted started ended       seconds since 1970
#   cpu_s max_rss_kib   of all processes that it waited for; the memory is that of the largest of them
#   threads gpus        what was asked for
package Usage;
use strict;
use warnings;
use Exporter 'import';
use File::Basename qw(basename);
use POSIX ();

our @EXPORT_OK = qw(accounting_line describe_usage note_usage wait_for_child);

# Number of the system call wait4, which Perl itself does not offer.
my %wait4_on = (x86_64 => 61, aarch64 => 260, riscv64 => 260, ppc64le => 114);
my $wait4 = $wait4_on{ (POSIX::uname())[4] };

# (pid, status, {cpu_s, max_rss_kib}) of a child that has ended; a pid of -1 where there is none or a signal came.
sub wait_for_child {
  my ($pid) = @_;
  if (!defined $wait4) {
    my $ended = waitpid($pid, 0);
    return ($ended, $?, {});
  }
  my ($status, $usage) = (pack('i', 0), pack('q18', (0) x 18));
  my $ended = syscall($wait4, $pid, $status, 0, $usage);
  my ($user_s, $user_us, $system_s, $system_us, $rss) = unpack('q5', $usage);
  my $cpu_s = $user_s + $system_s + ($user_us + $system_us) / 1e6;
  return ($ended, unpack('i', $status), { cpu_s => sprintf('%.2f', $cpu_s), max_rss_kib => $rss });
}

# A line for the log, beside Kaldi's own `# Accounting: time=… threads=…`.
sub accounting_line {
  my ($usage) = @_;
  return defined $usage->{cpu_s} ? "# Accounting: cpu_s=$usage->{cpu_s} max_rss_kib=$usage->{max_rss_kib}\n" : '';
}

sub note_usage {
  my ($call, $end) = @_;
  my $file = $ENV{SPEAKERNET_USAGE} // return;
  return if $file eq '';
  my %value = (%$end, stage => $ENV{SPEAKERNET_STAGE}, product => $ENV{SPEAKERNET_PRODUCT}, runner => basename($0),
    threads => $call->{num_threads}, gpus => $call->{gpu});
  my @names = qw(stage product runner log job attempt id state status node submitted started ended cpu_s max_rss_kib threads gpus);
  my $line = join("\t", map { length($value{$_} // '') ? $value{$_} =~ s/[\t\n]/ /gr : '-' } @names) . "\n";
  my $is_open = open(my $out, '>>', $file);
  print STDERR basename($0), ": cannot write $file: $!\n" unless $is_open && syswrite($out, $line);
}

# "after 12 s on node7, 3.2 s of CPU, at most 120 MiB"
sub describe_usage {
  my ($end) = @_;
  my @words;
  push @words, 'after ' . ($end->{ended} - $end->{started}) . ' s' if ($end->{started} // '') =~ /^\d/ && ($end->{ended} // '') =~ /^\d/;
  push @words, "on $end->{node}" if ($end->{node} // '-') ne '-';
  my $text = join(' ', @words);
  $text .= ", $end->{cpu_s} s of CPU" if ($end->{cpu_s} // '-') ne '-';
  $text .= sprintf(', at most %.0f MiB', $end->{max_rss_kib} / 1024) if ($end->{max_rss_kib} // '-') =~ /^\d/;
  return $text =~ s/^, //r;
}

1;
