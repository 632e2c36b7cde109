#!/usr/bin/env bats
# utils/parse_options.sh: Kaldi's rules, and no value is ever executed.

setup() {
  cd "$BATS_TEST_TMPDIR" || exit 1
  cat >script.sh <<SCRIPT
#!/usr/bin/env bash
set -euo pipefail
shopt -s inherit_errexit
nj=4 cmd=run.pl flag=false a_b=x
help_message="usage: script.sh [options]\n  --nj N"
. "$BATS_TEST_DIRNAME/../../utils/parse_options.sh"
printf '%s\n' "nj=\$nj" "cmd=\$cmd" "flag=\$flag" "a_b=\$a_b" "args=\$*"
SCRIPT
}

@test "defaults stay, options set, hyphens become underscores, positionals remain" {
  run bash script.sh
  [ "$status" -eq 0 ]
  [ "${lines[0]} ${lines[3]} ${lines[4]}" = "nj=4 a_b=x args=" ]
  run bash script.sh --nj 7 --a-b "two words" --flag true in out
  [ "$status" -eq 0 ]
  [ "${lines[*]}" = "nj=7 cmd=run.pl flag=true a_b=two words args=in out" ]
}

@test "an option whose default is an array may be repeated; other options keep their last value" {
  cat >repeated.sh <<SCRIPT
set -euo pipefail
set=() names=(a) other=
. "$BATS_TEST_DIRNAME/../../utils/parse_options.sh"
printf '<%s>' "\${set[@]}" "\${names[@]}" "\$other" "\$#"
SCRIPT
  run bash repeated.sh --set 'x=$(touch pwned)' --other 1 --set "" --other 2 --set 'a b' end
  [ "$output" = '<x=$(touch pwned)><><a b><a><2><1>' ]
  [ ! -e pwned ]
  run bash repeated.sh --set
  [ "$status" -eq 1 ]
  [[ $output == *"option --set needs a value" ]]
  run bash repeated.sh
  [ "$output" = '<a><><0>' ]
}

@test "options end at the first other word" {
  run bash script.sh in --nj 7
  [ "${lines[0]} ${lines[4]}" = "nj=4 args=in --nj 7" ]
  run bash script.sh - -x
  [ "${lines[4]}" = "args=- -x" ]
}

@test "an unknown name, --x=y and a missing value are errors" {
  run bash script.sh --foo 1
  [ "$status" -eq 1 ]
  [ "$output" = "script.sh: error: invalid option --foo" ]
  run bash script.sh --nj=3
  [ "$status" -eq 1 ]
  [[ $output == *"must be of the form --name value"* || $output == *"of the form --name value"* ]]
  run bash script.sh --nj
  [ "$status" -eq 1 ]
  [[ $output == *"--nj needs a value"* ]]
}

@test "variables of the environment are no options" {
  for name in --PATH --HOME --IFS --BASH-ENV -- --ñ '--nj cmd' $'--nj\ncmd' '--nj[0]'; do
    run bash script.sh "$name" x
    [ "$status" -eq 1 ]
    [[ $output == "script.sh: error: invalid option "* ]]
    [ "${#lines[@]}" -eq 1 ]
  done
}

@test "true and false are only replaced by each other" {
  for value in yes 1 "" True; do
    run bash script.sh --flag "$value"
    [ "$status" -eq 1 ]
    [[ $output == *"expected true or false"* ]]
  done
}

@test "an option that is false stands alone for true" {
  run bash script.sh --flag
  [ "${lines[2]} ${lines[4]}" = "flag=true args=" ]
  run bash script.sh --flag --nj 3 in
  [ "${lines[*]}" = "nj=3 cmd=run.pl flag=true a_b=x args=in" ]
  run bash script.sh --flag in
  [ "$status" -eq 1 ]
  [[ $output == *"expected true or false: --flag 'in'"* ]]
}

@test "an empty --cmd is an error" {
  run bash script.sh --cmd ""
  [ "$status" -eq 1 ]
  [[ $output == *"empty argument to the --cmd option"* ]]
}

@test "values are text: quotes, dollars and command substitutions stay" {
  # shellcheck disable=SC2016
  for value in '$(touch pwned)' '`touch pwned`' '"; touch pwned; "' '$HOME' 'a\b' '*'; do
    run bash script.sh --a-b "$value"
    [ "$status" -eq 0 ]
    [ "${lines[3]}" = "a_b=$value" ]
  done
  # shellcheck disable=SC2016
  run bash script.sh '--x[$(touch pwned)]' 1
  [ "$status" -eq 1 ]
  [ ! -e pwned ]
}

@test "--config is read first, and the command line wins" {
  printf 'nj=9\na_b="c d"\n' >settings.conf
  run bash script.sh --nj 11 --config settings.conf in
  [ "$status" -eq 0 ]
  [ "${lines[*]}" = "nj=11 cmd=run.pl flag=false a_b=c d args=in" ]
  run bash script.sh --config none
  [ "$status" -eq 1 ]
  [[ $output == *"--config: no such file 'none'"* ]]
}

@test "--help prints the message and succeeds" {
  for option in --help -h; do
    run bash script.sh --nj 3 "$option"
    [ "$status" -eq 0 ]
    [ "$output" = "usage: script.sh [options]
  --nj N" ]
  done
}

@test "nothing of it stays behind" {
  echo 'compgen -A function _options || compgen -v _option || true' >>script.sh
  run bash script.sh --nj 5
  [ "${#lines[@]}" -eq 5 ]
}

@test "what an option's name says of its value, all scripts check" {
  printf '%s\n' '#!/usr/bin/env bash' 'set -euo pipefail' 'nj=4 nproc= seed=0 num_utts=0 max_failed_share=0 exp=exp cmd=run.pl copy_suffix=' \
    ". '$BATS_TEST_DIRNAME/../../utils/parse_options.sh'" 'echo "$nj $nproc $max_failed_share"' >checked.sh
  while read -r option value; do
    run bash checked.sh "--$option" "$value"
    [ "$status" -eq 1 ]
    [[ $output == "checked.sh: error: --$option: expected "*", got '$value'" ]]
  done <<'END'
nj -3
nj 0
nj 1e3
nj 18446744073709551617
nj
nproc 2.5
seed -1
num-utts many
max-failed-share nan
max-failed-share -inf
max-failed-share 1.01
exp
exp --nj
copy-suffix /x
copy-suffix ../x
END
  run bash checked.sh --exp "  "
  [[ $output == "checked.sh: error: --exp: expected a path, got '  '" ]]
  run bash checked.sh --nj 2 --nproc '' --max-failed-share .5 --num-utts 0
  [ "$output" = "2  .5" ]
}

@test "a script of steps/ that is called from elsewhere says where to call it" {
  for script in steps/score.sh steps/train.sh steps/make_mfcc.sh local/voxceleb/prepare.sh; do
    run bash "$BATS_TEST_DIRNAME/../../$script" --help
    [ "$status" -eq 1 ]
    [[ $output == *": error: call it from the root of the repository"*"cd $(cd "$BATS_TEST_DIRNAME/../.." && pwd -P)" ]]
    [ "${#lines[@]}" -eq 1 ]
  done
}

@test "an argument of a script of steps/ that cannot be a path, in one line" {
  cd "$BATS_TEST_DIRNAME/../.."
  for word in '' -1 --x $'a\rb' $'two\nlines'; do
    run bash steps/score.sh exp trials embeddings "$word"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == "score.sh: error: argument "*"expected a path"* ]]
  done
}
