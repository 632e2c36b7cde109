#!/usr/bin/env bash
# A Slurm on this machine, for tests, of one node or of several; needs root and Debian's slurmctld, slurmd, slurm-client and munge.
#   tests/bash/slurm_cluster.sh start DIR [NODES]     DIR/slurm.conf is what SLURM_CONF must name afterwards
#   tests/bash/slurm_cluster.sh stop DIR
set -euo pipefail
shopt -s inherit_errexit

[[ $# == [23] ]] || { echo "usage: $0 start|stop DIR [NODES]" >&2 && exit 1; }
dir=$2 num_nodes=${3:-1}
host=$(hostname -s)
export SLURM_CONF=$dir/slurm.conf

# write_config PORT...: of the controller and of each node.
write_config() {
  local node
  cat <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$1
AuthInfo=socket=$dir/munge/socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmUser=root
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool.%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.%n.pid
MailProg=/bin/true
KillWait=2
END
  for ((node = 1; node <= num_nodes; node++)); do
    shift
    echo "NodeName=n$node NodeHostname=$host NodeAddr=127.0.0.1 Port=$1 CPUs=2 State=UNKNOWN"
  done
  echo "PartitionName=all Nodes=n[1-$num_nodes] Default=YES State=UP"
}

# Each service in a session of its own; its pid is noted for `stop`.
serve() {
  setsid "$@" >>"$dir/services.log" 2>&1 </dev/null 3>&- &
  echo $! >>"$dir/pids"
}

free_ports() {
  perl -MIO::Socket::INET -e 'my @s = map { IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") } 0 .. shift;
    print join(" ", map { $_->sockport } @s)' "$num_nodes"
}

start() {
  local ports node
  mkdir -p "$dir"/{munge,state}
  head -c 1024 /dev/urandom >"$dir/munge/key"
  chmod 700 "$dir/munge"
  chmod 400 "$dir/munge/key"
  chmod 755 "$dir" "$dir/munge"
  ports=$(free_ports)
  # shellcheck disable=SC2086
  write_config $ports >"$SLURM_CONF"
  serve munged --foreground --force --key-file="$dir/munge/key" --socket="$dir/munge/socket" --pid-file="$dir/munge/pid" \
    --log-file="$dir/munge/log" --seed-file="$dir/munge/seed"
  serve slurmctld -D
  for ((node = 1; node <= num_nodes; node++)); do serve slurmd -D -N "n$node"; done
  for _ in {1..60}; do
    if [[ $(sinfo --noheader --format=%t:%D 2>/dev/null) == "idle:$num_nodes" ]]; then return; fi
    sleep 0.5
  done
  stop
  cat "$dir/services.log" >&2
  return 1
}

stop() {
  local pids
  mapfile -t pids <"$dir/pids"
  kill "${pids[@]}" 2>/dev/null || true
  for _ in {1..50}; do
    if ! kill -0 "${pids[@]}" 2>/dev/null; then return; fi
    sleep 0.2
  done
  kill -9 "${pids[@]}" 2>/dev/null || true
}

case $1 in
  start) start ;;
  stop) stop ;;
  *) echo "$0: start or stop, not '$1'" >&2 && exit 1 ;;
esac
