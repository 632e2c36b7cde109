#!/usr/bin/env perl
# Runs jobs through Slurm and waits for them: Kaldi's slurm.pl, written anew.
#
#   utils/slurm.pl [options] [JOB=1:N] [options] LOG COMMAND [ARGUMENT...]
#
# The same command line as run.pl's. What --mem 4G, --num-threads N, --gpu N, --time T, --max-jobs-run N and other options mean to
# sbatch is said in conf/slurm.conf (or --config FILE; the default is in perl/Slurm.pm); options with one dash are passed on, and --NAME=VALUE
# where the configuration knows no NAME. --retries N submits failed jobs again. What a call leaves beside its logs is said in
# perl/BatchCall.pm, where what jobs took is noted in perl/Usage.pm.
use strict;
use warnings;
use File::Basename qw(dirname);
use lib dirname(__FILE__) . '/perl';
use BatchJobs qw(run_batch);
use Slurm qw(slurm);

run_batch(slurm(), @ARGV);
