// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <h2h/plugin/registry.hpp>

/// Defines how a source file registers what it adds. Built-ins and plug-ins use the same macro:
///
///     H2H_PLUGIN(roofline) {
///       registry.add_model({"roofline", "the larger of arithmetic and DRAM time", make_roofline});
///     }
///
/// Inside the library it defines the function `h2h::builtin::register_NAME`, which the list that CMake writes
/// calls.
#define H2H_PLUGIN(name)                           \
  namespace h2h::builtin {                         \
  void register_##name(::h2h::Registry& registry); \
  }                                                \
  void ::h2h::builtin::register_##name(::h2h::Registry& registry)
