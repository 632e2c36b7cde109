# Waits for the jobs of a call, says why they wait and why they ended.
#
# Of a batch system's description (see BatchJobs) this uses poll, why_waiting, post_mortem and cancel.
package BatchWait;
use strict;
use warnings;
use BatchCall qw(ends_of job_of leftovers);
use BatchEarlier qw(alive_jobs);
use CommandLine qw(for_job);
use Exporter 'import';
use Jobs qw(is_tried_again status_text);
use Program qw(output_of say_on_stderr seconds_of_option);
use Usage qw(note_usage);

our @EXPORT_OK = qw(wait_for_jobs);

my $vanished_after_s = 30;    # a job that is gone must have left its status by then, even on a slow network disk
my $known_dead_after_s = 2;   # … and by then if the batch system says that it has ended it
my $other_copy_after_s = 15;  # a job that has failed but still waits or runs then was started a second time
my $hopeless_after_s = 5;     # the system's reason may pass: a node that is just starting
my $longest_poll_s = 20;
my $most_post_mortems = 20;   # in one round of questions: each is a command

# Waits for all jobs of `state->{waiting}`. Returns the numbers of those to be tried again; the others that failed go to state->{failed}.
sub wait_for_jobs {
  my ($state) = @_;
  my $note_s = seconds_of_option('SPEAKERNET_WAITING_NOTE_S', 60);
  %$state = (%$state, suspect => {}, gone => {}, hopeless => {}, again => [], since => time, note_s => $note_s, note_at => time + $note_s);
  $state->{pause_s} = 0.1;
  my ($poll_s, $next_poll) = (5, time + 5);
  while (1) {
    collect($state);
    last unless %{ $state->{waiting} };
    if (time >= $next_poll || %{ $state->{suspect} } || time >= $state->{note_at}) {
      ask($state);
      $poll_s = $poll_s * 1.2 if $poll_s < $longest_poll_s;
      $next_poll = time + (%{ $state->{gone} } ? 1 : $poll_s);
    }
    last unless %{ $state->{waiting} };
    select(undef, undef, undef, $state->{pause_s});
    $state->{pause_s} *= 1.2 if $state->{pause_s} < 2;
  }
  return @{ $state->{again} };
}

# Jobs that have noted their end. A failure counts once the batch system has let the job go: it may have started it a second time.
sub collect {
  my ($state) = @_;
  for my $own (@{ $state->{calls} }) {
    my %wanted = map { $_ => 1 } grep { $state->{waiting}{$_} == $own && !$state->{suspect}{$_} } keys %{ $state->{waiting} };
    my $ends = %wanted ? ends_of($own, \%wanted) : {};
    for my $job (keys %$ends) {
      if ($ends->{$job}{status} eq '0') {
        conclude($state, $job, $ends->{$job});
      } else {
        $state->{suspect}{$job} = { %{ $ends->{$job} }, seen => time };
        $state->{pause_s} = 0.3;
      }
    }
  }
}

# What the batch system says of the jobs. Without an answer the waiting goes on: it may be away for a while.
sub ask {
  my ($state) = @_;
  my %alive;
  $state->{post_mortems_left} = $most_post_mortems;
  for my $own (@{ $state->{calls} }) {
    my $of_call = alive_jobs($state->{system}, $own);
    if (!defined $of_call) {
      say_on_stderr("$state->{system}{title} does not answer; waiting goes on") unless $state->{is_away}++;
      return;
    }
    for my $job (keys %$of_call) { $alive{$job} = $of_call->{$job} if ($state->{waiting}{$job} // 0) == $own; }
  }
  $state->{is_away} = 0;
  judge($state, $_, $alive{$_}) for sort { $a <=> $b } keys %{ $state->{waiting} };
  note_waiting($state, \%alive) if time >= $state->{note_at};
}

sub judge {
  my ($state, $job, $alive) = @_;
  my $end = $state->{suspect}{$job};
  if (defined $end) {
    if (!$alive) { conclude($state, $job, $end); }
    elsif (time - $end->{seen} > $other_copy_after_s) { forget_end($state, $job); }
  } elsif (!$alive) {
    judge_gone($state, $job);
  } else {
    delete $state->{gone}{$job};
    return delete $state->{hopeless}{$job} unless $alive->{hopeless};
    end_hopeless($state, $job, $alive) if time - ($state->{hopeless}{$job} //= time) >= $hopeless_after_s;
  }
}

# The copy that failed is not the one that counts: the batch system has started the job again.
sub forget_end {
  my ($state, $job) = @_;
  delete $state->{suspect}{$job};
  unlink("$state->{waiting}{$job}{folder}/$job");
  say_on_stderr(log_of($state, $job) . ': a copy of this job failed, but the batch system has started it again; waiting for that');
}

sub judge_gone {
  my ($state, $job) = @_;
  my $gone_s = time - ($state->{gone}{$job} //= time);
  return if $gone_s < $known_dead_after_s;
  my $ends = ends_of($state->{waiting}{$job}, { $job => 1 });
  return if $ends->{$job};
  my $end = post_mortem($state, $job);
  my $is_ended = defined $end->{system_state} && $end->{system_state} !~ /^(?:COMPLET|FAILED|RUNNING|PENDING)/ || $end->{signal};
  conclude($state, $job, $end) if $is_ended || $gone_s > $vanished_after_s;
}

sub end_hopeless {
  my ($state, $job, $alive) = @_;
  my ($array, $element) = job_of($state->{waiting}{$job}, $job);
  output_of(@$_) for $state->{system}{cancel}->([$array->{id}, defined $state->{call}{name} ? $element : undef]);
  conclude($state, $job, { reason => "it would wait for ever: $alive->{reason}", state => 'never_started' });
}

# What the batch system knows of a job that has ended, with what its last copy noted when it started.
sub post_mortem {
  my ($state, $job) = @_;
  my ($array, $element) = job_of($state->{waiting}{$job}, $job);
  my $copies = leftovers($state->{waiting}{$job})->{$job} // [{}];
  my $end = $state->{post_mortems_left}-- <= 0 ? {}
    : $state->{system}{post_mortem}->($array->{id}, defined $state->{call}{name} ? $element : undef);
  return { %{ $copies->[-1] }, map { defined $end->{$_} ? ($_ => $end->{$_}) : () } keys %$end };
}

sub log_of {
  my ($state, $job) = @_;
  return for_job($state->{call}, $state->{call}{log}, $job);
}

# A job has ended, in whatever way: `known` is what is known of its end.
sub conclude {
  my ($state, $job, $known) = @_;
  my $own = $state->{waiting}{$job};
  my ($array, $element) = job_of($own, $job);
  if (($known->{status} // 0) > 128) { $known = { %{ post_mortem($state, $job) }, %$known }; }
  my %end = (%$known, job => $job, log => log_of($state, $job), attempt => $own->{attempt}, submitted => $own->{submitted});
  $end{id} = defined $state->{call}{name} ? "$array->{id}$state->{system}{separator}$element" : $array->{id};
  $end{reason} //= reason_of($state->{system}, \%end);
  $end{status} //= 128 + $end{signal} if $end{signal};
  my $is_done = ($end{status} // '') eq '0';
  $end{state} //= $is_done ? 'done' : state_word($end{system_state});
  $end{system_log} = $state->{places}{output};
  delete $state->{$_}{$job} for qw(waiting suspect gone);
  note_usage($state->{call}, \%end);
  return if $is_done;
  if (is_tried_again($state->{call}, \%end)) { push @{ $state->{again} }, $job; }
  else                                       { push @{ $state->{failed} }, \%end; }
}

sub state_word {
  my ($word) = @_;
  return !defined $word || $word =~ /^(?:COMPLETED|FAILED)$/ ? 'failed' : $word =~ s/ by .*//sr =~ tr/ /_/r;
}

sub reason_of {
  my ($system, $end) = @_;
  my $status = $end->{status} // ($end->{signal} ? 128 + $end->{signal} : undef);
  my @words = defined $status ? (status_text($status)) : ();
  if (defined $end->{system_state} && $end->{system_state} !~ /^(?:COMPLETED|FAILED)$/) {
    my $more = join(', ', grep { defined } $end->{system_reason}, defined $end->{limit} ? "the limit is $end->{limit}" : undef);
    push @words, "$system->{title} says $end->{system_state}" . ($more ? " ($more)" : '');
  } elsif (defined $status && $status == 137) {
    push @words, 'often for lack of memory';
  }
  return @words ? join('; ', @words) : "it left no status, and $system->{title} no longer knows it";
}

# What is said of waiting jobs, at growing intervals and only if it is news.
sub note_waiting {
  my ($state, $alive) = @_;
  $state->{note_s} *= 2;
  $state->{note_at} = time + $state->{note_s};
  my @waits = grep { $alive->{$_}{waits} } keys %$alive;
  return unless @waits;
  my %count;
  $count{ $alive->{$_}{reason} }++ for @waits;
  my ($array) = job_of($state->{waiting}{ $waits[0] }, $waits[0]);
  my $reasons = join(', ', map { @waits > 1 ? "$_ ($count{$_})" : $_ } grep { $_ ne '' } sort keys %count);
  $reasons = $state->{system}{why_waiting}->($array->{id}) if $reasons eq '';
  return if $reasons eq ($state->{note} // '');
  $state->{note} = $reasons;
  my $waiting_s = time - $state->{since};
  my $num = keys %{ $state->{waiting} };
  say_on_stderr("job $array->{id}: " . @waits . " of $num jobs wait, after $waiting_s s; $state->{system}{title} says: " . ($reasons || 'nothing'));
}

1;
