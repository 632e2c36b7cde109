# What every runner needs before anything else: messages, other programs' output, the machine's name.
#
# Only modules of Debian's perl-base are used in this folder, as every Debian machine has them.
package Program;
use strict;
use warnings;
use Exporter 'import';
use File::Basename qw(basename);
use POSIX ();

our @EXPORT_OK = qw(fail host output_of say_on_stderr seconds_of_option timestamp);

my $program = basename($0);

sub fail {
  my ($message, $status) = @_;
  print STDERR "$program: error: $message\n";
  exit($status // 1);
}

sub say_on_stderr { print STDERR "$program: $_[0]\n"; }

# Both output streams and the status of a command, run without a shell.
sub output_of {
  my @command = @_;
  my $pid = open(my $out, '-|') // fail("cannot fork: $!");
  if ($pid == 0) {
    no warnings 'exec';
    open(STDERR, '>&', \*STDOUT);
    exec { $command[0] } @command or syswrite(STDOUT, "$command[0]: $!\n");
    POSIX::_exit(127);
  }
  local $/ = undef;
  my $text = <$out> // '';
  close($out);
  return ($text, $?);
}

sub timestamp { return scalar localtime; }

sub host { return (POSIX::uname())[1]; }

# A time that a variable of the environment sets, in whole seconds.
sub seconds_of_option {
  my ($name, $default) = @_;
  my $value = $ENV{$name} // '';
  return $default if $value eq '';
  fail("$name must be a whole number of seconds, not '$value'") unless $value =~ /^\d{1,7}$/a;
  return $value;
}

1;
