# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by run.sh, which sets $data and $data_root: names of the sets and trial lists, and how the corpus is made.
[ -n "$data_root" ] || [ "$stage" -gt 3 ] || die "--data-root DIR is needed: where VoxCeleb lies (see local/voxceleb/prepare.sh --help)"
cohort_set=voxceleb2_dev
test_set=voxceleb1
trial_lists="trials_o_clean trials_e_clean trials_h_clean"
# Vox1-E and -H, and VoxSRC's lists, are made of the whole of VoxCeleb1.
trial_lists_of[voxceleb1_dev]=trials_o_clean
trial_lists_of[voxceleb12_dev]=trials_o_clean
trial_lists_of[voxceleb12]=trials_o_clean
musan_root=$data_root/musan
rirs_root=$data_root/RIRS_NOISES
# Only what the recipe's models use is asked for, unpacked and listed.
needs=("$test_set" "${train_sets[@]}")
[ "$uses_cohort" = false ] || needs+=("$cohort_set")
for model in "${models[@]}"; do
  use_settings "$model"
  lists=$(lists_of "$train_set")
  needs+=("$lists")
  if [ -n "$copies" ] || [ "$online_augment" = true ]; then needs+=(musan RIRS_NOISES); fi
done
prepare=(local/voxceleb/prepare.sh --data-root "$data_root" --needs "${needs[*]}" --partial "$partial" --drop-trials "$drop_trials"
  --delete-archives "$delete_archives")
