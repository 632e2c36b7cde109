#!/usr/bin/env perl
# What Kaldi's run.pl does with the words of a command: they are joined, some in quotes, and a shell reads them.
#   kaldis_run.pl [JOB=1:N] LOG COMMAND [ARGUMENT...]
use strict;
use warnings;

my ($name, $last) = ($ARGV[0] =~ /^(\w+)=1:(\d+)$/) ? @{ [$1, $2, shift @ARGV] } : ('', 1);
my ($log, $command) = (shift @ARGV, '');
foreach my $x (@ARGV) {
  if    ($x =~ m/^\S+$/) { $command .= $x . " "; }
  elsif ($x =~ m:\":)    { $command .= "'$x' "; }
  else                   { $command .= "\"$x\" "; }
}
for my $job (1 .. $last) {
  my ($my_log, $my_command) = ($log, $command);
  if ($name) { s/$name/$job/g for ($my_log, $my_command); }
  open(STDOUT, '>', $my_log) && open(STDERR, '>&', \*STDOUT) or exit 1;
  system('bash', '-c', $my_command) == 0 or exit 1;
}
