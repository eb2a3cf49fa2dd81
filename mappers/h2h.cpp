// SPDX-License-Identifier: Apache-2.0
//
// Mapper `h2h`: the four steps of H2H (Zhang et al., DAC 2022, Algorithm 1), and `h2h-release`: the same
// steps by the rules of the authors' released code (commit 334fc10), without its defects.
//
// h2h-release, where it departs from the paper: in step 1 groups type by type and at most as many layers as
// accelerators, the first of equal assignments; in step 2 units of 1000 elements; no check of the DRAM as a
// whole (an excess is reported); in step 4 two passes instead of convergence. What is mended of the release:
// schedules are valid, pins and fusions are cleared when they no longer hold, fusion is decided for each
// input by itself, and any edge of the graph counts, not just consecutive names.

#include <array>

#include <fmt/format.h>

#include <h2h/plugin/plugin.hpp>

#include "locality_options.hpp"

namespace {

std::string expand_h2h(const h2h::Section& options) {
  const std::string scope =
      h2h::scope_option(options) == h2h::LocalityRules::Scope::adjacent ? "adjacent" : "resident";
  return fmt::format(
      "computation-prioritized+weight-locality+activation-transfer[scope={0}]+data-locality-remapping[scope={"
      "0}]",
      scope);
}

std::string expand_release(const h2h::Section& options) {
  static const std::array<std::string, 2> kOrders = {"list", "release"};
  const std::string order = options.choice("order", kOrders, "list");
  const std::int64_t passes = options.integer("passes", 2, {0});
  return fmt::format(
      "computation-prioritized[rule=release]+weight-locality[weights=release,dram=reported]+"
      "activation-transfer[dram=reported]+"
      "data-locality-remapping[weights=release,dram=reported,order={},passes={}]",
      order, passes);
}

}  // namespace

H2H_PLUGIN(h2h) {
  registry.add_mapper(
      {"h2h", "the four steps of H2H", "Zhang et al., DAC 2022", {h2h::describe_scope()}, expand_h2h});
  registry.add_mapper(
      {"h2h-release",
       "the four steps by the rules of the authors' released code, two passes",
       "github.com/xyzxinyizhang/H2H, commit 334fc10",
       {{"order", "list", "layers in step 4 in file order, or release (chains by falling end time)"},
        {"passes", "2", "passes of step 4; 0: until no layer moves"}},
       expand_release});
}
