#!/usr/bin/env perl
# Runs a command and notes what it took: measured.pl FILE COMMAND [ARGUMENT...]
#
# FILE gets "STATUS CPU_SECONDS KIB_OF_MEMORY"; the status is the command's, or 128 + N if signal N ended it. Signals go on to the command.
use strict;
use warnings;
use File::Basename qw(dirname);
use lib dirname(__FILE__);
use POSIX ();
use Usage qw(wait_for_child);

my ($file, @command) = @ARGV;
my $child;
for my $signal (qw(TERM INT HUP USR1 USR2)) {
  $SIG{$signal} = sub { kill($signal, $child) if defined $child };
}
$child = fork() // die "cannot fork: $!\n";
if ($child == 0) {
  $SIG{$_} = 'DEFAULT' for qw(TERM INT HUP USR1 USR2);
  exec { $command[0] } @command or print STDERR "$command[0]: $!\n";
  POSIX::_exit(127);
}
my ($pid, $status, $usage);
do { ($pid, $status, $usage) = wait_for_child($child); } until $pid == $child;
$status = $status & 127 ? 128 + ($status & 127) : $status >> 8;
if (open(my $out, '>', $file)) {
  print $out join(' ', $status, map { $_ // '-' } @$usage{qw(cpu_s max_rss_kib)}), "\n";
  close($out);
}
exit($status);
