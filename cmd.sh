# shellcheck shell=bash
# How jobs (train_cmd) and training (cuda_cmd) run; run.sh's --cmd and --cuda-cmd have the last word.
#   utils/run.pl      processes on this machine
#   utils/slurm.pl    Slurm, with conf/slurm.conf if there is one
#   utils/queue.pl    GridEngine, with conf/queue.conf if there is one
# Options may follow the program, for instance: train_cmd="utils/slurm.pl --mem 4G", cuda_cmd="utils/slurm.pl --gpu 8".
# Without a cuda_cmd training runs where run.sh does, and shows its progress.
export train_cmd=${train_cmd:-utils/run.pl}
export cuda_cmd=${cuda_cmd:-}
