#!/usr/bin/env perl
# Runs jobs through GridEngine and waits for them: Kaldi's queue.pl, written anew.
#
#   utils/queue.pl [options] [JOB=1:N] [options] LOG COMMAND [ARGUMENT...]
#
# The same command line as run.pl's. What --mem 4G, --num-threads N, --gpu N, --max-jobs-run N and other options mean to qsub is said
# in conf/queue.conf (or --config FILE; the default is below); options with one dash (`-l hostname=x*`) are passed on.
use strict;
use warnings;
use File::Basename qw(basename dirname);
use lib dirname(__FILE__) . '/perl';
use BatchJobs qw(run_batch);
use Jobs qw(output_of);

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

sub submit_options {
  my ($call, $script, $output) = @_;
  my $name = basename($script) =~ s/\.sh$//r =~ s/[^\w.-]/_/gr;
  my @words = ('-N', $name =~ /^[A-Za-z_]/ ? $name : "j$name", '-o', $output);
  push @words, '-t', "$call->{first}-$call->{last}" if defined $call->{name};
  return @words;
}

# Only a clear word that the job is gone counts: the master may be out of reach for a while.
sub is_alive {
  my ($id) = @_;
  my ($text, $status) = output_of('qstat', '-j', $id);
  return $status == 0 || $text !~ /do(es)? not exist/;
}

sub longest_array {
  my ($text) = output_of('qconf', '-sconf');
  return $text =~ /^max_aj_tasks\s+([1-9]\d*)/m ? $1 : undef;
}

run_batch({
    config => 'conf/queue.conf',
    default => $default_config,
    task => 'SGE_TASK_ID',
    submit => \&submit_options,
    after => sub { ('-hold_jid', $_[0]) },
    longest_array => \&longest_array,
    unreachable => qr/(?:contact|message to|connect to|reach) qmaster|commlib error|unable to contact/i,
    full => qr/jobs are allowed per user|active jobs|job limit|max_\w*jobs/i,
    find => sub { undef },
    is_alive => \&is_alive,
    cancel => ['qdel'],
  }, @ARGV);
