# The script that a batch system runs for each job of slurm.pl and queue.pl.
package BatchScript;
use strict;
use warnings;
use Cwd qw(getcwd);
use Exporter 'import';
use File::Basename qw(basename dirname);
use File::Path qw(make_path);
use Jobs qw(command_for_script fail for_job for_script shell_quote);

our @EXPORT_OK = qw(make_files remove_folder);

# What of the caller's environment a job has, too (docs/cluster.md lists it): all that changes results, threads or networks.
my $passed_on = qr/^(?:SPEAKERNET|OMP|GOMP|KMP|OPENBLAS|MKL|ONEDNN|DNNL|ATEN|TORCH|PYTORCH|CUBLAS|NVIDIA|NCCL|GLOO)_\w+$/a;
# path.sh sets these, or they name a temporary file of this machine.
my %kept_here = map { $_ => 1 } qw(SPEAKERNET_ROOT SPEAKERNET_MADE);

# Beside the logs, in q/: the script, what the batch system itself says, and a folder where each job leaves its status.
sub make_files {
  my ($system, $call, $run) = @_;
  my $log = for_job($call, $call->{log}, 'JOB');
  my $dir = dirname($log) . '/q';
  my $name = basename($log) =~ s/\.log$//r =~ s/\.?JOB//gr || 'job';
  my $files = { script => "$dir/$name.sh", output => "$dir/$name.log", done => "$dir/done.$name.$$" };
  make_path($files->{done}, { error => \my $errors });
  fail("cannot make $files->{done}: " . (values %{ $errors->[0] })[0]) if @$errors;
  open(my $out, '>', $files->{script}) or fail("cannot write $files->{script}: $!");
  print $out script($system, $call, $files->{done}, $run);
  close($out) or fail("cannot write $files->{script}: $!");
  unlink($files->{output});
  return $files;
}

sub remove_folder {
  my ($dir) = @_;
  unlink(glob("\Q$dir\E/*"));
  rmdir($dir);
}

sub environment {
  my ($call) = @_;
  my @names = grep { $_ =~ $passed_on && !$kept_here{$_} } sort keys %ENV;
  # A batch system may pass less than the Python environment that is active here hangs on.
  push @names, qw(PATH LD_LIBRARY_PATH PYTHONPATH) if ($ENV{SPEAKERNET_ENV} // '') eq 'active';
  return join('', map { "export $_=" . shell_quote($ENV{$_}) . "\n" } grep { defined $ENV{$_} } @names);
}

sub script {
  my ($system, $call, $done, $run) = @_;
  my $name = $call->{name} // 'JOB';
  my $number = defined $call->{name} ? "\$(($system->{task} + \${1:-0}))" : 1;
  my $log = for_script($call, $call->{log});
  my $directory = shell_quote(getcwd());
  my $command = command_for_script($call);
  my $command_text = shell_quote($command);
  my $reference = shell_quote("\"\$$name\"");
  my $done_quoted = shell_quote($done);
  my $picked = join('|', @$run);
  my $environment = environment($call);
  my $threads = $call->{num_threads_given} ? "export OMP_NUM_THREADS=$call->{num_threads}\n" : '';
  return <<"END";
#!/usr/bin/env bash
# Written by $0 for the batch system: one of the jobs $call->{first} to $call->{last}.
cd $directory || exit 1
$name=$number
case \$$name in $picked) ;; *) exit 0 ;; esac
${environment}command_text=$command_text
start_s=\$SECONDS
{
  printf '# %s\\n' "\${command_text//$reference/\$$name}"
  echo "# Running on \$(hostname)"
  echo "# Started at \$(date)"
  echo "#"
} >$log
# Ends the job: a batch system may start it twice, on two machines, so its mark has a name of its own until it is whole.
finish() {
  {
    echo "# Accounting: time=\$((SECONDS - start_s)) threads=$call->{num_threads}"
    echo "# Finished at \$(date) with status \$1"
  } >>$log
  mark=\$$name.\$(hostname)-\$\$.tmp
  echo \$1 >$done_quoted/"\$mark" && mv $done_quoted/"\$mark" $done_quoted/\$$name
  exit \$((\$1 != 0))
}
if [[ -f path.sh ]] && ! . ./path.sh >>$log 2>&1; then
  echo "path.sh failed on \$(hostname)" >>$log
  finish 1
fi
${threads}# A signal to all processes of the job is the command's to answer; without this script the rest would be killed at once.
trap : TERM USR1
(
  trap : TERM USR1
  set -e -o pipefail
  $command
) >>$log 2>&1 </dev/null
finish \$?
END
}

1;
