// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <h2h/plugin/registry.hpp>
#include <h2h/version.hpp>

/// Number of the interface between library and plug-ins: raised by every change of a public header after
/// which a plug-in that was built before would misbehave, also between releases.
#define H2H_PLUGIN_INTERFACE "1"

/// Defines how a source file registers what it adds. Built-ins and plug-ins use the same macro:
///
///     H2H_PLUGIN(roofline) {
///       registry.add_model({"roofline", "the larger of arithmetic and DRAM time", make_roofline});
///     }
///
/// In a plug-in, a shared object that `load_plugin()` reads, it exports the entry point `h2h_plugin_NAME` and
/// holds a mark: a text that names the entry point, the interface and the version of the headers, and that
/// can be read without loading anything. A shared object may hold several, under different names.
///
/// Inside the library (`H2H_BUILTIN` is defined) it defines the function `h2h::builtin::register_NAME`, which
/// the list that CMake writes calls.
#ifdef H2H_BUILTIN
#define H2H_PLUGIN(name)                           \
  namespace h2h::builtin {                         \
  void register_##name(::h2h::Registry& registry); \
  }                                                \
  void ::h2h::builtin::register_##name(::h2h::Registry& registry)
#else
#define H2H_PLUGIN(name)                                                                       \
  [[gnu::used, gnu::retain]] static const char* const h2h_plugin_mark_##name =                 \
      H2H_PLUGIN_MARK #name " interface=" H2H_PLUGIN_INTERFACE " version=" H2H_VERSION ";";    \
  extern "C" [[gnu::visibility("default")]] void h2h_plugin_##name(::h2h::Registry& registry); \
  void h2h_plugin_##name(::h2h::Registry& registry)
#endif

// How a mark begins; its name follows.
#define H2H_PLUGIN_MARK "h2h-plugin name="
