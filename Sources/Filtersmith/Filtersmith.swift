@_exported import Convolutions
@_exported import DataFiles
@_exported import Figures
@_exported import FilterDesign
@_exported import Fourier
@_exported import ImageAnalysis
@_exported import Networks
@_exported import Tensors
