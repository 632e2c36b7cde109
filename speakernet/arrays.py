"""Names of NumPy array types. One name means one type everywhere in the package."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Float32: TypeAlias = NDArray[np.float32]
Float64: TypeAlias = NDArray[np.float64]
Int32: TypeAlias = NDArray[np.int32]
Int64: TypeAlias = NDArray[np.int64]
UInt64: TypeAlias = NDArray[np.uint64]
Bool: TypeAlias = NDArray[np.bool_]
Indices: TypeAlias = NDArray[np.intp]
"""Places in another array: rows of a table, speakers by number."""
AnyArray: TypeAlias = NDArray[np.generic]
"""Numbers of a type that is checked when they are used."""
Samples: TypeAlias = NDArray[np.int16] | Float32
"""16-bit samples, or float32 in their scale."""
