# The script that a batch system runs for each job of slurm.pl and queue.pl. Its arguments are what is to be added to the number that
# the batch system gives the job, and the folder of the call (see BatchCall): without that the job is no longer wanted, and ends.
package BatchScript;
use strict;
use warnings;
use CommandLine qw(command_for_script for_script shell_quote);
use Cwd qw(abs_path getcwd);
use Exporter 'import';
use File::Basename qw(dirname);

our @EXPORT_OK = qw(script);

# What of the caller's environment a job has, too (docs/cluster.md lists it): all that changes results, threads or networks.
my $passed_on = qr/^(?:SPEAKERNET|OMP|GOMP|KMP|OPENBLAS|MKL|ONEDNN|DNNL|ATEN|TORCH|PYTORCH|CUBLAS|NVIDIA|NCCL|GLOO)_\w+$/a;
# path.sh sets these, or they name files of this machine's run.
my %kept_here = map { $_ => 1 } qw(SPEAKERNET_ROOT SPEAKERNET_MADE SPEAKERNET_USAGE SPEAKERNET_CALLS SPEAKERNET_WAITING_NOTE_S);

sub environment {
  my ($call) = @_;
  my @names = grep { $_ =~ $passed_on && !$kept_here{$_} } sort keys %ENV;
  # A batch system may pass less than the Python environment that is active here hangs on.
  push @names, qw(PATH LD_LIBRARY_PATH PYTHONPATH) if ($ENV{SPEAKERNET_ENV} // '') eq 'active';
  return join('', map { "export $_=" . shell_quote($ENV{$_}) . "\n" } grep { defined $ENV{$_} } @names);
}

sub script {
  my ($system, $call) = @_;
  my $name = $call->{name} // 'JOB';
  my $number = defined $call->{name} ? "\$(($system->{task} + \${1:-0}))" : 1;
  my $log = for_script($call, $call->{log});
  my $directory = shell_quote(getcwd());
  my $command = shell_quote(command_for_script($call));
  my $reference = shell_quote("\"\$$name\"");
  my $measured = shell_quote(abs_path(dirname(__FILE__)) . '/measured.pl');
  my $environment = environment($call);
  my $threads = $call->{num_threads_given} ? "export OMP_NUM_THREADS=$call->{num_threads}\n" : '';
  return <<"END";
#!/usr/bin/env bash
# Written by $0 for the batch system: one of the jobs $call->{first} to $call->{last}.
cd $directory || exit 1
$name=$number
jobs=\$(<"\$2/jobs") || { echo "this job is no longer wanted: \$2 is gone" >&2; exit 1; }
[[ " \$jobs " == *" \$$name "* ]] || exit 0
# A batch system may start a job twice, on two machines. Each copy's mark has a name of its own until it has ended.
end_mark=\$2/\$$name
[[ "\$(cat "\$end_mark" 2>/dev/null)" == "0 "* ]] && exit 0
mark=\$end_mark.\$(hostname)-\$\$.running
start_s=\$(date +%s)
echo "- \$(hostname) \$start_s \${$system->{id}}" >"\$mark"
${environment}command=$command
command=\${command//$reference/\$$name}
{
  printf '# %s\\n' "\${command//\$'\\n'/\$'\\n# '}"
  echo "# Running on \$(hostname)"
  echo "# Started at \$(date)"
  echo "#"
} >$log
finish() {
  end_s=\$(date +%s)
  {
    echo "# Accounting: begin_time=\$start_s"
    echo "# Accounting: end_time=\$end_s"
    [[ -z \$cpu_s ]] || echo "# Accounting: cpu_s=\$cpu_s max_rss_kib=\$max_rss_kib"
    echo "# Accounting: time=\$((end_s - start_s)) threads=$call->{num_threads}"
    echo "# Finished at \$(date) with status \$1"
  } >>$log
  rm -f "\$mark.usage"
  echo "\$1 \$(hostname) \$start_s \$end_s \${cpu_s:--} \${max_rss_kib:--} \${$system->{id}}" >"\$mark" && mv "\$mark" "\$end_mark"
  exit \$((\$1 != 0))
}
if [[ -f path.sh ]] && ! . ./path.sh >>$log 2>&1; then
  echo "path.sh failed on \$(hostname)" >>$log
  finish 1
fi
${threads}measured=()
! type -P perl >/dev/null || [[ ! -r $measured ]] || measured=(perl $measured "\$mark.usage")
# A signal is the command's to answer: without this script the rest would be killed at once. It goes on to the command, as the batch
# system may have sent it to this script only.
for signal in TERM USR1 USR2; do trap "interrupted=true; kill -\$signal \\\$child 2>/dev/null" \$signal; done
"\${measured[@]}" bash -e -o pipefail -c "\$command" >>$log 2>&1 </dev/null &
child=\$!
interrupted=true
while [[ -n \$interrupted ]]; do
  interrupted=
  wait "\$child"
  status=\$?
done
# bash loses the status of a child that ends at the same time as a signal comes (-1), but it was noted.
[[ \$status != -1 ]] || status=143
read -r status cpu_s max_rss_kib 2>/dev/null <"\$mark.usage"
finish "\$status"
END
}

1;
