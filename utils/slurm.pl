#!/usr/bin/env perl
# Runs jobs through Slurm and waits for them: Kaldi's slurm.pl, written anew.
#
#   utils/slurm.pl [options] [JOB=1:N] [options] LOG COMMAND [ARGUMENT...]
#
# The same command line as run.pl's. What --mem 4G, --num-threads N, --gpu N, --time T, --max-jobs-run N and other options mean to
# sbatch is said in conf/slurm.conf (or --config FILE; the default is below); options with one dash are passed on.
use strict;
use warnings;
use File::Basename qw(dirname);
use lib dirname(__FILE__) . '/perl';
use BatchJobs qw(run_batch);
use Jobs qw(output_of);

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

sub submit_options {
  my ($call, $script, $output) = @_;
  my @words = ('--parsable', '--open-mode=append', '-o', $output, '-e', $output);
  if (defined $call->{name}) {
    my $limit = $call->{max_jobs_run} ? "%$call->{max_jobs_run}" : '';
    push @words, "--array=$call->{first}-$call->{last}$limit";
  }
  return @words;
}

# Only a clear word that the job is gone counts: the controller may be out of reach for a while.
sub is_alive {
  my ($id) = @_;
  my ($text, $status) = output_of('squeue', '--noheader', '--format=%T', '--jobs', $id);
  return $status == 0 ? $text =~ /\S/ : $text !~ /invalid job id/i;
}

# Numbers of jobs must be less than MaxArraySize.
sub longest_array {
  my ($text) = output_of('scontrol', 'show', 'config');
  return $text =~ /^MaxArraySize\s*=\s*(\d+)/m ? $1 - 1 : undef;
}

# A submission may arrive although its answer does not. The folder for the jobs' status, a word of the command, is this call's only.
sub find {
  my ($files, $piece) = @_;
  my ($text, $status) = output_of('squeue', '--noheader', '--states=all', '--format=%F %o');
  return $status == 0 && $text =~ /^(\d+) .* $piece->{offset} \Q$files->{done}\E$/m ? $1 : undef;
}

run_batch({
    config => 'conf/slurm.conf',
    default => $default_config,
    task => 'SLURM_ARRAY_TASK_ID',
    submit => \&submit_options,
    after => sub { "--dependency=afterany:$_[0]" },
    longest_array => \&longest_array,
    unreachable => qr/contact slurm controller|connection refused|timed? ?out|zero bytes|transport endpoint|backup controller|communication/i,
    full => qr/submit ?job ?(?:per\w+)?limit|job submit limit|max\w*submit|temporarily/i,
    find => \&find,
    is_alive => \&is_alive,
    cancel => ['scancel'],
  }, @ARGV);
