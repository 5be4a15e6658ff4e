// Undefines what vector.h and for_each_level.h defined for one level.

#undef vector
#undef loose_vector
#undef load
#undef store
#undef splat
#undef choose
#undef int_vector
#undef load_rest
#undef store_rest
#undef NARROWER
#undef LEVEL
#undef LANES
#undef REGISTERS
#undef EVERY_SECOND
