# shellcheck shell=bash
# For scripts that start a real batch system in the folder `dir`, on which they call `runner` with `options`, and take parts of it away: `system` is
# slurm or gridengine, `root` the repository, `slots` how many jobs a machine takes at once.
# shellcheck disable=SC2034,SC2154

start_system() {
  case $system in
    slurm)
      "$root/tests/bash/slurm_cluster.sh" start "$dir/cluster" 2
      export SLURM_CONF=$dir/cluster/slurm.conf
      limit_memory
      # Not the default, --export=PATH, for which Slurm starts a login shell first.
      printf '%s\n' 'command sbatch --export=ALL' 'option mem=* --mem-per-cpu $0' 'option time=* --time $0' 'option num_threads=* --cpus-per-task $0' \
        'option max_jobs_run=*' >"$dir/slurm.pl.conf"
      options=(--config "$dir/slurm.pl.conf") runner=$root/utils/slurm.pl
      ;;
    gridengine)
      "$root/tests/bash/gridengine_cluster.sh" start "$dir/cluster"
      . "$dir/cluster/settings.sh"
      [ -z "${slots-}" ] || qconf -mattr queue slots "$slots" all.q >/dev/null
      # Without load values of memory, which only a site's administrator can name.
      printf '%s\n' 'command qsub -v PATH -cwd -S /bin/bash -j y -r y' 'option max_jobs_run=* -tc $0' >"$dir/queue.conf"
      options=(--config "$dir/queue.conf") runner=$root/utils/queue.pl
      ;;
    *) say "usage: $0 slurm|gridengine [FAULT...]" && exit 1 ;;
  esac
}

# Slurm watches the memory of jobs itself, where there are no cgroups.
limit_memory() {
  printf '%s\n' 'JobAcctGatherType=jobacct_gather/linux' 'JobAcctGatherFrequency=1' 'JobAcctGatherParams=OverMemoryKill' \
    'SlurmdParameters=config_overrides' 'SchedulerParameters=sched_interval=2' >>"$SLURM_CONF"
  sed -i 's/^SelectTypeParameters=.*/SelectTypeParameters=CR_CPU_Memory/; s/ CPUs=2/ '"CPUs=${slots:-2} RealMemory=4000/" "$SLURM_CONF"
  controller stop && node stop && controller start && node start
  eventually has_nodes
}

has_nodes() { [ "$(sinfo --noheader --format=%D --states=idle)" = 2 ]; }

stop_system() {
  case $system in
    slurm)
      node stop
      controller stop
      kill "$(sed -n 1p "$dir/cluster/pids")"
      ;;
    gridengine) "$root/tests/bash/gridengine_cluster.sh" stop "$dir/cluster" ;;
  esac
}

# controller|node start|stop: a stopped node's jobs live on, as they would on a machine that has lost its network.
controller() {
  case $system,$1 in
    slurm,start) serve slurmctld slurmctld -D ;;
    slurm,stop) end slurmctld 2 ;;
    gridengine,*) "$root/tests/bash/gridengine_cluster.sh" master "$1" "$dir/cluster" ;;
  esac
}

node() {
  case $system,$1 in
    slurm,start) for name in n1 n2; do serve "$name" slurmd -D -N "$name"; done ;;
    slurm,stop) end n1 3 && end n2 4 ;;
    gridengine,*) "$root/tests/bash/gridengine_cluster.sh" host "$1" "$dir/cluster" ;;
  esac
}

serve() {
  setsid "${@:2}" >>"$dir/services.log" 2>&1 </dev/null &
  echo $! >"$dir/$1.pid"
}

# end NAME LINE: the service that `serve` has started, or else the one in this line of the cluster's pids.
end() {
  local pid
  pid=$(cat "$dir/$1.pid" 2>/dev/null || sed -n "$2p" "$dir/cluster/pids")
  rm -f "$dir/$1.pid"
  kill "$pid" 2>/dev/null || return 0
  eventually is_gone "$pid"
}

is_gone() { [[ $(ps -o state= -p "$1") == [Z]* ]] || ! kill -0 "$1" 2>/dev/null; }

eventually() {
  for _ in {1..300}; do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.2
  done
  say "not within a minute: $*"
  return 1
}
