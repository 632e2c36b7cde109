#!/usr/bin/env bash
# Sourced by steps/train.sh: how the machines of one training find each other.
# shellcheck disable=SC2034,SC2154 # steps/train.sh sets what it reads, and reads what it sets

# A machine may wait in a queue for as long as this while the others wait for it.
rendezvous_patience_s=604800

# find_others: sets $meet to torchrun's options for several machines, and $name to what this machine's log is called. With a file as
# --rdzv, the machines are numbered, $node, and the first one writes its address there.
find_others() {
  local is_host=true patience=join_timeout=$rendezvous_patience_s
  meet=(--nnodes "$num_nodes" --rdzv-backend c10d --rdzv-id "$exp_dir")
  case $rdzv in
    '') die "--num-nodes $num_nodes needs --rdzv HOST:PORT or --rdzv FILE, or --cuda-cmd" ;;
    */*) ;;
    *:*)
      meet+=(--rdzv-endpoint "$rdzv" --rdzv-conf "$patience")
      name=train.$(uname -n)
      return
      ;;
    *) bad_option rdzv "HOST:PORT or a FILE with a slash" ;;
  esac
  [ -n "$node" ] || [ -z "${SLURM_PROCID-}" ] || node=$((SLURM_PROCID + 1))
  [ -n "$node" ] || die "--rdzv $rdzv: expected --node N, or srun, to say which of the $num_nodes machines this is"
  require_positive node
  [ "$node" -le "$num_nodes" ] || die "--node $node: expected 1 to $num_nodes"
  if [ "$node" = 1 ]; then
    announce "$rdzv"
  else
    is_host=false name=train.$node
    find_first "$rdzv"
  fi
  meet+=(--rdzv-endpoint "$address" --rdzv-conf "is_host=$is_host,$patience")
}

# announce FILE: sets $address to this machine's name and a port where nothing listens, and writes it to the file.
announce() {
  local port
  while
    port=$((20000 + RANDOM % 12000))
    is_listening localhost "$port"
  do :; done
  address=$(uname -n):$port
  write_to "$1" echo "$address"
}

# find_first FILE: waits until there is an address in the file where something listens; sets $address to it.
find_first() {
  local folder waited_s=0
  folder=$(dirname "$1")
  while true; do
    ls "$folder" >/dev/null # makes a network disk look again
    address=''
    [ ! -f "$1" ] || read -r address <"$1" || true
    [[ ! $address =~ ^[A-Za-z0-9._-]+:[0-9]+$ ]] || ! is_listening "${address%:*}" "${address##*:}" || return 0
    [ "$waited_s" != 30 ] || log "waiting for the first machine, which writes its address to $1"
    [ "$waited_s" -lt "$rendezvous_patience_s" ] || die "the first machine has written no address to $1"
    sleep 1
    waited_s=$((waited_s + 1))
  done
}

# is_listening HOST PORT
is_listening() {
  (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null
}
