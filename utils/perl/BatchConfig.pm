# From a runner's options to those of the command that submits, as conf/slurm.conf or conf/queue.conf says:
#
#   command sbatch --export=PATH      the command
#   option mem=* --mem-per-cpu $0     what --mem 4G becomes
#   option gpu=0                      … for one value (here: nothing)
#   default gpu=0                     for an option that is not given
package BatchConfig;
use strict;
use warnings;
use CommandLine qw(option);
use Exporter 'import';
use Program qw(fail);
use Text::ParseWords qw(shellwords);

our @EXPORT_OK = qw(submit_command);

# Options that are the runner's own: no batch system hears of them.
my @own = qw(config pick retries);

sub read_config {
  my ($system, $call) = @_;
  my $given = option($call, '--config', undef);
  my $file = $given // $system->{config};
  my @lines = split(/\n/, $system->{default});
  if (defined $given || -f $file) {
    open(my $in, '<', $file) or fail("cannot read $file: $!");
    @lines = <$in>;
  } else {
    $file = 'the default configuration';
  }
  my %config = (file => $file, option => {}, default => {});
  for my $i (0 .. $#lines) {
    my $line = $lines[$i] =~ s/#.*|\s+$//gr;
    if    ($line =~ /^\s*$/)                              { next; }
    elsif ($line =~ /^\s*command\s+(.+)$/)                { $config{command} = $1; }
    elsif ($line =~ /^\s*option\s+([\w-]+)=(\S+)\s*(.*)$/) { $config{option}{ $1 =~ tr/-/_/r }{$2} = $3; }
    elsif ($line =~ /^\s*default\s+([\w-]+)=(\S+)$/)      { $config{default}{ $1 =~ tr/-/_/r } = $2; }
    else { fail("$file:" . ($i + 1) . ": '$line' is not of the form 'command …', 'option name=value …' or 'default name=value'"); }
  }
  fail("$file: there is no line 'command …'") unless $config{command};
  return \%config;
}

# Values of the options that the configuration translates, and the words that are handed on as they are.
sub given_options {
  my ($system, $call, $config) = @_;
  my %value = %{ $config->{default} };
  my @handed_on;
  for my $given (@{ $call->{options} }) {
    my ($switch, @values) = @$given;
    my $name = $switch =~ /^--(.+)$/ ? $1 =~ tr/-/_/r : undef;
    my $word = $call->{joined}{$given};
    if (!defined $name) { push @handed_on, $system->{single_dash}->($switch, @values); }
    elsif (defined $word && $system->{has_long_options} && !$config->{option}{$name} && !grep { $_ eq $name } @own) {
      push @handed_on, $word;
    }
    else { $value{$name} = $values[0]; }
  }
  # Only slurm.pl turns `-pe smp 4` into --num-threads 4; the limit of jobs at once says nothing of a single one.
  $value{num_threads} = $call->{num_threads} if $call->{num_threads_given} && $system->{has_long_options};
  $value{max_jobs_run} = $call->{max_jobs_run} if $call->{max_jobs_run};
  delete $value{max_jobs_run} unless defined $call->{name} && $call->{max_jobs_run};
  delete @value{@own};
  return (\%value, @handed_on);
}

# The words that submit: the configured command, and what the options are turned into.
sub submit_command {
  my ($system, $call) = @_;
  my $config = read_config($system, $call);
  my ($value, @handed_on) = given_options($system, $call, $config);
  my @words = shellwords($config->{command});
  for my $name (sort keys %$value) {
    my $options = $config->{option}{$name} // fail("option --$name: $config->{file} does not say what it means");
    my $text = $options->{ $value->{$name} } // $options->{'*'}
      // fail("option --$name $value->{$name}: $config->{file} does not say what this value means");
    push @words, map { s/\$0/$value->{$name}/gr } shellwords($text);
  }
  return (@words, @handed_on);
}

1;
