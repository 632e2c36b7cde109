#!/usr/bin/env bash
# Sourced, not run. Turns `--some-name value` on the caller's command line into the shell variable some_name, which must have
# a default already; the positional arguments stay in "$@". Behaves as Kaldi's script of this name (a default of true or
# false takes only these two; `--config FILE` is sourced first and the command line wins; `--help` prints $help_message),
# but values are only assigned, never evaluated: a `$( )` inside one stays text. An option whose default is an array may be
# repeated; one whose default is false may stand without a value, for true.
#
#   nj=4
#   cmd=utils/run.pl
#   set=()
#   . utils/parse_options.sh

# shellcheck source=utils/common.sh
. "${BASH_SOURCE[0]%/*}/common.sh"

# Scripts of the repository name each other, and what they read, by paths from its root, or from a folder that has links to it.
_options_root=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd -P)
_options_words=none
case $(realpath -- "$0") in
  "$_options_root"/steps/* | "$_options_root"/local/*)
    _options_words=paths
    [ utils/parse_options.sh -ef "${BASH_SOURCE[0]}" ] ||
      die "call it from the root of the repository, from which relative paths are seen, too: cd $(printf %q "$_options_root")"
    ;;
esac

# Whether the option _option_name can be repeated.
_options_is_list() {
  [[ $(declare -p "$_option_name" 2>/dev/null) == "declare -a"* ]]
}

# Checks the word $1 as an option whose value is the next of the remaining $2 words; sets _option_name.
_options_name() {
  local LC_ALL=C # letters are a to z
  case $1 in
    *=*) die "options are of the form --name value, got '$1'" ;;
  esac
  _option_name=${1#--}
  _option_name=${_option_name//-/_}
  if [[ ! $_option_name =~ ^[a-z][a-z0-9_]*$ ]] || ! { [ "$_option_name" = config ] || [ -n "${!_option_name+set}" ] || _options_is_list; }; then
    die "invalid option $1"
  fi
  if [ "$2" -lt 1 ]; then
    die "option $1 needs a value"
  fi
}

_options_help() {
  if [ -z "${help_message:-}" ]; then
    log "no help found"
  else
    printf '%b\n' "$help_message"
  fi
  exit 0
}

# Sets _options_all to the words, with true after each option whose default is false and that has no value.
_options_complete() {
  local name LC_ALL=C
  _options_all=()
  while [[ ${1-} == --* ]]; do
    name=${1#--}
    name=${name//-/_}
    _options_all+=("$1")
    shift
    if [[ $name =~ ^[a-z][a-z0-9_]*$ && ${!name-} == false && ${1---} == --* ]]; then
      _options_all+=(true)
    elif [ $# -gt 0 ]; then
      _options_all+=("$1")
      shift
    fi
  done
  _options_all+=("$@")
}

# First round: names are checked and configuration files are sourced, in their order. $# words are left after each option.
_options_read_configs() {
  while [[ ${1-} == --* || ${1-} == -h ]]; do
    case $1 in
      -h | --help) _options_help ;;
    esac
    _options_name "$1" $(($# - 1))
    if [ "$_option_name" = config ]; then
      [ -f "$2" ] || die "--config: no such file '$2'"
      # shellcheck source=/dev/null
      . "$(realpath -- "$2")"
    fi
    shift 2
  done
}

# Second round: values are assigned.
_options_assign() {
  _options_used=0
  while [[ ${1-} == --* ]]; do
    _options_name "$1" $(($# - 1))
    if _options_is_list; then
      local -n _options_list=$_option_name
      _options_list+=("$2")
      options_given+=" $_option_name"
    elif [ "$_option_name" != config ] || [ -n "${config+set}" ]; then
      case ${!_option_name-}:$2 in
        true:true | true:false | false:true | false:false) ;;
        true:* | false:*) die "expected true or false: $1 '$2'" ;;
      esac
      options_given+=" $_option_name"
      if [ "$2" != "${!_option_name-}" ]; then # the default may be none
        printf -v "$_option_name" '%s' "$2"
        check_option "$_option_name"
      fi
    fi
    _options_used=$((_options_used + 2))
    shift 2
  done
  if [ -n "${cmd+set}" ] && [ -z "$cmd" ]; then
    die "empty argument to the --cmd option"
  fi
}

# What follows the options of the repository's own scripts are paths.
_options_check_words() {
  local word LC_ALL=C
  for word in "$@"; do
    case $word in
      '' | -* | *[[:cntrl:]]*) die "argument '$word': expected a path (one that begins with a dash as ./-…)" ;;
    esac
  done
}

options_given='' # names, for the script
_options_complete "$@"
set -- "${_options_all[@]}"
_options_read_configs "$@"
_options_assign "$@"
shift "$_options_used"
[ "$_options_words" = none ] || _options_check_words "$@"
unset -f _options_complete _options_is_list _options_name _options_help _options_read_configs _options_assign _options_check_words
unset _options_all _option_name _options_used _options_root _options_words
