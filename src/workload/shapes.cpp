// SPDX-License-Identifier: Apache-2.0
#include "shapes.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

namespace h2h {
namespace {

/// Two roundings of a division.
std::array<std::int64_t, 2> divided(std::int64_t value, std::int64_t by) {
  return {value / by, (value + by - 1) / by};
}

/// Whether `out` rows with this stride follow from a producer's extent, directly or through an implied 2x
/// pooling.
bool follows(std::int64_t out, std::int64_t stride, std::int64_t extent) {
  const auto halves = divided(extent, 2);
  for (const std::int64_t pooled : {extent, halves[0], halves[1]}) {
    const auto rows = divided(pooled, stride);
    if (out == rows[0] || out == rows[1]) return true;
  }
  return false;
}

std::string text(const Shape& shape) {
  return fmt::format("{} x {} x {}", shape.channels, shape.height, shape.width);
}

struct Extents {
  std::int64_t height, width;
};

/// Rows and columns of a layer's own map, and the stride with which it reads.
struct Grid {
  Extents out;
  Extents stride;
};

Grid grid_of(const Layer& layer) {
  const Shape out = layer.output();
  const Shape in = layer.input();
  return {{out.height, out.width}, {in.height / out.height, in.width / out.width}};
}

std::optional<std::string> extent_misfit(const Grid& grid, const Layer& producer) {
  const Shape given = producer.output();
  if (!follows(grid.out.height, grid.stride.height, given.height)) {
    return fmt::format(
        "{} rows with stride {} do not follow from the {} rows of '{}' ({}), nor from half of them",
        grid.out.height, grid.stride.height, given.height, producer.name, text(given));
  }
  if (!follows(grid.out.width, grid.stride.width, given.width)) {
    return fmt::format(
        "{} columns with stride {} do not follow from the {} columns of '{}' ({}), nor from half of them",
        grid.out.width, grid.stride.width, given.width, producer.name, text(given));
  }
  return std::nullopt;
}

/// How many features a vector can take out of a producer.
std::vector<std::int64_t> vector_options(const Layer& producer) {
  const Shape given = producer.output();
  std::vector<std::int64_t> options = {given.channels};  // itself, global pooling, or the last step
  if (given.positions() > 1) {
    options.push_back(given.elements());
    if (given.height > 1 && given.width > 1) {
      options.push_back(product({given.channels, given.height / 2, given.width / 2}));
    }
  }
  return options;
}

/// One option for each producer so that they sum to @p wanted, the earlier options first; empty if there is
/// none.
std::vector<std::int64_t> choose(std::span<const Layer* const> producers, std::int64_t wanted) {
  constexpr std::size_t kMostSums = 100000;  // more would be a riddle, not a layer
  // For each producer the sums that it and those behind it can make.
  std::vector<std::map<std::int64_t, bool>> reachable(producers.size() + 1);
  reachable.back()[0] = true;
  for (std::size_t i = producers.size(); i-- > 0;) {
    for (const auto& [sum, _] : reachable[i + 1]) {
      for (const std::int64_t option : vector_options(*producers[i])) {
        if (sum + option <= wanted) reachable[i][sum + option] = true;
      }
    }
    if (reachable[i].size() > kMostSums) return {};
  }
  if (!reachable[0].contains(wanted)) return {};
  std::vector<std::int64_t> chosen;
  std::int64_t rest = wanted;
  for (std::size_t i = 0; i < producers.size(); ++i) {
    for (const std::int64_t option : vector_options(*producers[i])) {
      if (reachable[i + 1].contains(rest - option)) {
        chosen.push_back(option);
        rest -= option;
        break;
      }
    }
  }
  return chosen;
}

std::string list_options(std::span<const Layer* const> producers) {
  std::string all;
  for (const Layer* producer : producers) {
    all +=
        fmt::format("{}{} from '{}' ({})", all.empty() ? "" : ", ",
                    fmt::join(vector_options(*producer), " or "), producer->name, text(producer->output()));
  }
  return all;
}

std::vector<std::int64_t> channels_of(std::span<const Layer* const> producers) {
  std::vector<std::int64_t> channels;
  channels.reserve(producers.size());
  for (const Layer* producer : producers) channels.push_back(producer->output().channels);
  return channels;
}

std::int64_t sum(std::span<const std::int64_t> values) {
  std::int64_t total = 0;
  for (const std::int64_t value : values) total += value;
  return total;
}

/// Finds the shares of one layer; one overload a layer type.
class Fit {
 public:
  Fit(const Layer& consumer, std::span<const Layer* const> producers)
      : consumer_(consumer), producers_(producers) {}

  std::vector<std::int64_t> features;
  std::optional<Misfit> misfit;

  void operator()(const Conv& conv) { concatenated(conv.in_channels, "in_channels"); }
  void operator()(const Pool& pool) { concatenated(pool.channels, "channels"); }
  void operator()(const Concat& concat) { concatenated(concat.channels, "channels"); }

  void operator()(const Add& add) {
    features = channels_of(producers_);
    for (std::size_t i = 0; i < producers_.size(); ++i) {
      if (features[i] != add.channels) {
        refuse(i, fmt::format("sums {} channels, but '{}' has {}", add.channels, producers_[i]->name,
                              features[i]));
      }
    }
    fit_extents();
  }

  void operator()(const FullyConnected& fc) { flattened(fc.in_features, "in_features"); }

  void operator()(const Lstm& lstm) {
    const auto steps = [&](const Layer* producer) {
      return producer->output().positions() == lstm.sequence_length;
    };
    if (lstm.sequence_length > 1 || std::all_of(producers_.begin(), producers_.end(), steps)) {
      sequence(lstm.input_size, lstm.sequence_length, "input_size");
    } else {
      flattened(lstm.input_size, "input_size");
    }
  }

  void operator()(const Attention& attention) {
    sequence(attention.model_size, attention.sequence_length, "model_size");
  }

  void operator()(const MatMul& matmul) {
    if (matmul.has_weights) {
      if (matmul.rows > 1) return sequence(matmul.inner, matmul.rows, "inner");
      return flattened(matmul.inner, "inner");
    }
    if (producers_.size() != 2) {
      return refuse(producers_.size(), "a matmul without weights multiplies exactly two inputs",
                    "list two inputs, or set weights: true");
    }
    // Shares in elements: the two factors differ in size. Either factor may come transposed.
    features = {product({matmul.rows, matmul.inner}), product({matmul.inner, matmul.columns})};
    for (std::size_t i = 0; i < 2; ++i) {
      const Shape given = producers_[i]->output();
      if (given.elements() != features[i] ||
          (given.channels != matmul.inner && given.positions() != matmul.inner)) {
        refuse(i, fmt::format("needs {} x {} numbers, but '{}' gives {}", i == 0 ? matmul.rows : matmul.inner,
                              i == 0 ? matmul.inner : matmul.columns, producers_[i]->name, text(given)));
      }
    }
  }

 private:
  void refuse(std::size_t input, std::string message, std::string hint = {}) {
    if (!misfit) misfit = Misfit{input, std::move(message), std::move(hint)};
  }

  void fit_extents() {
    const Grid grid = grid_of(consumer_);
    for (std::size_t i = 0; i < producers_.size(); ++i) {
      if (auto message = extent_misfit(grid, *producers_[i])) refuse(i, std::move(*message));
    }
  }

  void concatenated(std::int64_t wanted, std::string_view key) {
    features = channels_of(producers_);
    if (sum(features) != wanted) {
      refuse(producers_.size(),
             fmt::format("{} is {}, but the inputs have {} channels ({})", key, wanted, sum(features),
                         fmt::join(features, " + ")),
             fmt::format("set {}: {}", key, sum(features)));
    }
    fit_extents();
  }

  void flattened(std::int64_t wanted, std::string_view key) {
    features = choose(producers_, wanted);
    if (features.empty()) {
      features = channels_of(producers_);
      refuse(producers_.size(), fmt::format("{} is {}, which the inputs cannot give", key, wanted),
             fmt::format("they give {}", list_options(producers_)));
    }
  }

  void sequence(std::int64_t wanted, std::int64_t length, std::string_view key) {
    features = channels_of(producers_);
    for (std::size_t i = 0; i < producers_.size(); ++i) {
      const Shape given = producers_[i]->output();
      if (given.positions() != length) {
        refuse(i, fmt::format("reads {} steps, but '{}' gives {} ({})", length, producers_[i]->name,
                              given.positions(), text(given)));
      }
    }
    if (sum(features) != wanted) {
      refuse(producers_.size(),
             fmt::format("{} is {}, but the inputs have {} features a step ({})", key, wanted, sum(features),
                         fmt::join(features, " + ")),
             fmt::format("set {}: {}", key, sum(features)));
    }
  }

  const Layer& consumer_;
  std::span<const Layer* const> producers_;
};

}  // namespace

InputShares::InputShares(const Layer& consumer, std::span<const Layer* const> producers) {
  Fit fit(consumer, producers);
  std::visit(fit, consumer.operation);
  features_ = std::move(fit.features);
  misfit_ = std::move(fit.misfit);
}

std::optional<std::string> residual_misfit(const Layer& consumer, const Layer& producer) {
  const Shape own = consumer.output();
  const Shape given = producer.output();
  if (given.channels != own.channels) {
    return fmt::format("sums into {} channels, but '{}' has {}", own.channels, producer.name, given.channels);
  }
  return extent_misfit({{own.height, own.width}, {1, 1}}, producer);
}

std::vector<std::int64_t> unchecked_shares(std::span<const Layer* const> producers) {
  return channels_of(producers);
}

}  // namespace h2h
