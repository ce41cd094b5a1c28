//! Opens resources, mounts surfaces, owns start and stop.
