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
use BatchJobs qw(output_of run_batch);

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

run_batch({
    config => 'conf/slurm.conf',
    default => $default_config,
    task => 'SLURM_ARRAY_TASK_ID',
    submit => \&submit_options,
    is_alive => \&is_alive,
    cancel => ['scancel'],
  }, @ARGV);
