"""Text to vectors and photo to vectors: frozen encoders, their export, and a cache by content.

``text`` names the encoders and holds the default one; ``transformer`` reads any transformers model for training (extra
``deep``); ``onnx`` exports such a model and serves it with onnxruntime and tokenizers alone; ``cache`` keeps vectors on
disk. ``image`` and the files beside it do the same for photos. ``tokens`` and ``batches`` are what training and serving
share, so that both see the same tokens.
"""
