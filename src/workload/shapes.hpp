// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <h2h/workload/layer.hpp>

namespace h2h {

/// What does not fit along an edge.
struct Misfit {
  std::size_t input = 0;  ///< which of the inputs; `inputs.size()` where it is all of them together
  std::string message;
  std::string hint;
};

/// How the inputs of a layer share its input feature map (Dependency::features), or why they do not fit.
///
/// The rules of the workload format: channels add up at a concatenation; an extent is the producer's or half
/// of it, divided by the stride, each rounded either way (a pooling between two layers need not be written
/// down); a vector is taken from a map by global pooling, flattening, or 2 x 2 pooling and flattening, and
/// from a sequence by its last step or as a whole.
class InputShares {
 public:
  InputShares(const Layer& consumer, std::span<const Layer* const> producers);

  const std::optional<Misfit>& misfit() const { return misfit_; }
  const std::vector<std::int64_t>& features() const { return features_; }

 private:
  std::vector<std::int64_t> features_;
  std::optional<Misfit> misfit_;
};

/// Why a tensor of @p producer cannot be summed into the output of @p consumer; nothing if it can.
std::optional<std::string> residual_misfit(const Layer& consumer, const Layer& producer);

/// The shares of inputs whose shapes are not checked: in proportion to the producers' channels.
std::vector<std::int64_t> unchecked_shares(std::span<const Layer* const> producers);

}  // namespace h2h
