#!/usr/bin/env bash
# A GridEngine of one host on this machine, for tests; needs root and Debian's gridengine-master, gridengine-exec and gridengine-client.
#   tests/bash/gridengine_cluster.sh start DIR     DIR/settings.sh is to be sourced afterwards
#   tests/bash/gridengine_cluster.sh stop DIR
#   tests/bash/gridengine_cluster.sh master|host stop|start DIR     one of the two services
# Everything of it lies in DIR, so that several may run at once, each at ports of its own. DIR should be short: the names of sockets are.
set -euo pipefail
shopt -s inherit_errexit

usage() { echo "usage: $0 start|stop DIR, $0 master|host start|stop DIR" >&2 && exit 1; }

free_ports() {
  perl -MIO::Socket::INET -e 'my @s = map { IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") } 1 .. 2;
    print join(" ", map { $_->sockport } @s)'
}

make_cell() {
  local common=$SGE_ROOT/default/common name
  mkdir -p "$common" "$dir"/{master/job_scripts,execd,spool}
  for name in bin lib util utilbin; do ln -s "$(readlink -f "/var/lib/gridengine/$name")" "$SGE_ROOT/$name"; done
  sed "s|/var/spool/gridengine/spooldb|$dir/spool|; s|/var/spool/gridengine/qmaster|$dir/master|; s|^admin_user .*|admin_user root|" \
    /var/lib/gridengine/default/common/bootstrap >"$common/bootstrap"
  echo localhost >"$common/act_qmaster"
  echo "localhost $(hostname) $(hostname -s)" >"$common/host_aliases"
  /usr/share/gridengine/scripts/init_cluster "$SGE_ROOT" default "$dir/spool" root >"$dir/init.log" 2>&1
}

# Jobs of root, a scheduler that is quick, an accounting file that is written at once, a parallel environment and a queue.
configure() {
  qconf -sconf | sed "s|^min_uid .*|min_uid 0|; s|^min_gid .*|min_gid 0|; s|^login_shells .*|login_shells none|; s|^execd_spool_dir .*|execd_spool_dir $dir/execd|
    /^reporting_params/,/[^\\\\]\$/d" >"$dir/global"
  echo 'reporting_params accounting=true,reporting=false,flush_time=00:00:01,joblog=false' >>"$dir/global"
  qconf -Mconf "$dir/global"
  qconf -as localhost
  qconf -ssconf | sed 's|^schedule_interval .*|schedule_interval 0:0:1|; s|^flush_submit_sec .*|flush_submit_sec 1|
    s|^flush_finish_sec .*|flush_finish_sec 1|; s|^load_adjustment_decay_time .*|load_adjustment_decay_time 0:0:0|' >"$dir/scheduler"
  qconf -Msconf "$dir/scheduler"
  printf '%s\n' 'pe_name smp' 'slots 99' 'user_lists NONE' 'xuser_lists NONE' 'start_proc_args NONE' 'stop_proc_args NONE' \
    "allocation_rule \$pe_slots" 'control_slaves FALSE' 'job_is_first_task TRUE' 'urgency_slots min' 'accounting_summary FALSE' \
    'qsort_args NONE' >"$dir/smp"
  qconf -Ap "$dir/smp"
  printf '%s\n' 'hostname localhost' 'load_scaling NONE' 'complex_values NONE' 'user_lists NONE' 'xuser_lists NONE' 'projects NONE' \
    'xprojects NONE' 'usage_scaling NONE' 'report_variables NONE' >"$dir/execution_host"
  qconf -Ae "$dir/execution_host"
  cat >"$dir/edit" <<'EDIT'
#!/bin/sh
sed -i 's|^hostlist .*|hostlist localhost|; s|^load_thresholds .*|load_thresholds NONE|; s|^pe_list .*|pe_list smp|; s|^slots .*|slots 4|
  s|^shell .*|shell /bin/bash|' "$1"
sleep 1 # an unchanged time would mean an unchanged file
EDIT
  chmod +x "$dir/edit"
  EDITOR=$dir/edit qconf -aq all.q
}

start_service() {
  case $1 in
    master) sge_qmaster >>"$dir/services.log" 2>&1 3>&- ;;
    host) sge_execd >>"$dir/services.log" 2>&1 3>&- ;;
  esac
}

stop_service() {
  local pid=
  case $1 in
    master) pid=$(cat "$dir/master/qmaster.pid" 2>/dev/null) || true ;;
    host) pid=$(cat "$dir"/execd/*/execd.pid 2>/dev/null) || true ;;
  esac
  [ -n "$pid" ] || return 0
  kill "$pid" 2>/dev/null || true
  for _ in {1..50}; do
    if ! kill -0 "$pid" 2>/dev/null; then return; fi
    sleep 0.1
  done
  kill -9 "$pid"
}

eventually() {
  for _ in {1..100}; do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.2
  done
  cat "$dir"/{init,services}.log "$dir"/master/messages >&2
  return 1
}

start() {
  local ports
  mkdir -p "$dir/root"
  read -r -a ports <<<"$(free_ports)"
  printf 'export SGE_ROOT=%q SGE_CELL=default SGE_QMASTER_PORT=%s SGE_EXECD_PORT=%s\n' "$dir/root" "${ports[@]}" >"$dir/settings.sh"
  . "$dir/settings.sh"
  make_cell
  start_service master
  eventually qconf -sh
  configure >>"$dir/init.log" 2>&1
  start_service host
  eventually has_host
}

has_host() { qhost -h localhost | grep -q '^localhost .* [0-9.]*[MG] '; }

[[ $# -ge 2 ]] || usage
dir=$(readlink -f "${*: -1}" || true)
if [[ -f $dir/settings.sh ]]; then . "$dir/settings.sh"; else export SGE_ROOT=$dir/root; fi
case "${*:1:$#-1}" in
  start) start ;;
  stop) stop_service host && stop_service master ;;
  "master start" | "host start") start_service "$1" ;;
  "master stop" | "host stop") stop_service "$1" ;;
  *) usage ;;
esac
