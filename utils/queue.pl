#!/usr/bin/env perl
# Runs jobs through GridEngine and waits for them: Kaldi's queue.pl, written anew.
#
#   utils/queue.pl [options] [JOB=1:N] [options] LOG COMMAND [ARGUMENT...]
#
# The same command line as run.pl's. What --mem 4G, --num-threads N, --gpu N, --max-jobs-run N and other options mean to qsub is said
# in conf/queue.conf (or --config FILE; the default is in perl/GridEngine.pm); options with one dash (`-l hostname=x*`) are passed on.
# --retries N submits failed jobs again. What a call leaves beside its logs is said in perl/BatchCall.pm, where what jobs took is
# noted in perl/Usage.pm.
use strict;
use warnings;
use File::Basename qw(dirname);
use lib dirname(__FILE__) . '/perl';
use BatchJobs qw(run_batch);
use GridEngine qw(gridengine);

run_batch(gridengine(), @ARGV);
