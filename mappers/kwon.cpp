// SPDX-License-Identifier: Apache-2.0
//
// Mapper `kwon`: the computation-prioritised baseline of the paper, its reference [10] (Kwon, Lai, Pellauer,
// Krishna, Chen, Chandra, "Heterogeneous dataflow accelerators for multi-DNN workloads", HPCA 2021), which
// the paper takes to be the first two steps of H2H (section 5.2).
//
// Kwon et al. schedule layers on the sub-accelerators of one chip, each where its dataflow suits best, and
// know no network; what is taken over, as the paper does, is the choice by computation first. Transfers are
// paid, but no choice is made for locality, save that weights stay where they were put.

#include <string>

#include <h2h/plugin/plugin.hpp>

H2H_PLUGIN(kwon) {
  registry.add_mapper({"kwon",
                       "the paper's computation-prioritised baseline: steps 1 and 2",
                       "Kwon et al., HPCA 2021; Zhang et al., DAC 2022, section 5.2",
                       {},
                       [](const h2h::Section& /*options*/) {
                         return std::string("computation-prioritized+weight-locality");
                       }});
}
