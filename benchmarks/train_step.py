"""Speed of the training step: samples/s, peak memory, share of the device's peak (work in progress).

Taken together with benchmarks/gpu.sh and speakernet/train/step.py (TrainStep: one update = zero,
accumulate micro-batches, all-reduce, L2, clip, optimizer; eager, compiled or as a CUDA graph).
"""
