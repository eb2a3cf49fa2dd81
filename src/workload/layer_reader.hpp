// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <h2h/base/section.hpp>
#include <h2h/workload/layer.hpp>

namespace h2h {

/// The operation of a layer of this type, from the keys that the type has.
Operation read_operation(LayerType type, const Section& layer);

}  // namespace h2h
