// Loops over rows of any length, vector by vector; the rest is the first lanes of one more.
#pragma once

// Runs BODY for every vector of rows of `count` values. In it, GET(array) and SET(array, values) read and
// write the array's vector there, the last one as far as there are values.
#define EACH_VECTOR(BODY)                              \
  size_t place = 0;                                    \
  for (; place + LANES <= count; place += LANES) {     \
    const size_t left = LANES;                         \
    BODY                                               \
  }                                                    \
  if (place < count) {                                 \
    const size_t left = count - place;                 \
    BODY                                               \
  }
#define GET(array) (left == LANES ? load((array) + place) : load_rest((array) + place, left))
#define SET(array, values)                             \
  do {                                                 \
    if (left == LANES) {                               \
      store((array) + place, values);                  \
    } else {                                           \
      store_rest((array) + place, values, left);       \
    }                                                  \
  } while (0)
