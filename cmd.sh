# shellcheck shell=bash
# How jobs run, as in Kaldi: run.sh takes `--cmd` for the first and `--cuda-cmd` for the second, or edit them here.
#   utils/run.pl      processes on this machine
#   utils/slurm.pl    Slurm, with conf/slurm.conf if there is one
#   utils/queue.pl    GridEngine, with conf/queue.conf if there is one
# Options go along, for instance: train_cmd="utils/slurm.pl --mem 4G", cuda_cmd="utils/slurm.pl --gpu 8".
export train_cmd=${train_cmd:-utils/run.pl}
export cuda_cmd=${cuda_cmd:-utils/run.pl}
