#include <cblas.h>
// LAPACKE's complex numbers are never used from Swift: plain structs keep its header importable.
#define LAPACK_COMPLEX_CUSTOM
typedef struct { float re, im; } filtersmith_lapack_complex_float;
typedef struct { double re, im; } filtersmith_lapack_complex_double;
#define lapack_complex_float filtersmith_lapack_complex_float
#define lapack_complex_double filtersmith_lapack_complex_double
#include <lapacke.h>
