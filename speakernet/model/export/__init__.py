"""A packaged model as one file for other programs: ONNX, torch.export or TorchScript.

``graphs`` is what is exported, ``writing`` the formats, ``quantization`` 8-bit weights,
``checking`` the comparison that a file has to pass, ``job`` all of it.
"""
