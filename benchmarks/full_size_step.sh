#!/usr/bin/env bash
# Stands for each step that reads audio or trains, under its name: writes the tables of its product only (benchmarks/full_size.py).
set -euo pipefail
shopt -s inherit_errexit
target=${*: -1}
source=${*: -2:1}
step=$(basename "$0")
[ "$step" = evaluate.sh ] || mkdir -p "$target"
case $step in
  prepare.sh) # of the corpus, with --data-root
    for set in train "test"; do
      mkdir -p "$target/$set"
      cp "$2/$set"/{wav.scp,utt2spk,spk2utt,reco2dur} "$target/$set"
    done
    cp "$2"/test/trials_* "$target/test"
    ;;
  make_set_features.sh)
    cp "$source"/{wav.scp,utt2spk,spk2utt} "$target"
    awk -v ark="$PWD/$target/raw.ark" '{print $1, ark ":" NR * 64000}' "$source/utt2spk" >"$target/feats.scp"
    awk '{print $1, 300 + NR % 900}' "$source/utt2spk" >"$target/utt2num_frames"
    ;;
  train.sh)
    mkdir -p "$target/checkpoints"
    echo weights >"$target/checkpoints/final.pt"
    ;;
  extract_embeddings.sh)
    awk -v ark="$PWD/$target/embedding.ark" '{print $1, ark ":" NR * 1024}' "$source/utt2spk" >"$target/embedding.scp"
    ;;
  score.sh)
    for trials in "${@:1:$#-2}"; do
      [[ $trials != */trials_* ]] || awk '{print $1, $2, NR % 1000 / 1000}' "$trials" >"$target/$(basename "$trials").cosine"
    done
    ;;
esac
