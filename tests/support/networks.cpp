// SPDX-License-Identifier: Apache-2.0
#include "support/networks.hpp"

#include <stdexcept>

#include <fmt/format.h>

namespace h2h::test {
namespace {

/// Names a list of layers L1, L2, ...
std::vector<Layer> named(std::vector<Layer> layers) {
  for (std::size_t i = 0; i < layers.size(); ++i) layers[i].name = fmt::format("L{}", i + 1);
  return layers;
}

std::vector<Layer> vgg_conv(int third, int fourth, int fifth) {
  std::vector<Layer> layers = {conv_layer(64, 3, 224, 3), conv_layer(64, 64, 224, 3),
                               conv_layer(128, 64, 112, 3), conv_layer(128, 128, 112, 3)};
  const auto block = [&](int count, std::int64_t channels, std::int64_t before, std::int64_t size) {
    for (int i = 0; i < count; ++i)
      layers.push_back(conv_layer(channels, i == 0 ? before : channels, size, 3));
  };
  block(third, 256, 128, 56);
  block(fourth, 512, 256, 28);
  block(fifth, 512, 512, 14);
  return named(std::move(layers));
}

}  // namespace

Layer conv_layer(std::int64_t out_channels, std::int64_t in_channels, std::int64_t size, std::int64_t kernel,
                 std::int64_t stride, std::int64_t groups) {
  return {"conv", "", Conv{out_channels, in_channels, size, size, kernel, kernel, stride, stride, groups}};
}

Layer fc_layer(std::int64_t in_features, std::int64_t out_features) {
  return {"fc", "", FullyConnected{in_features, out_features}};
}

std::vector<Layer> alexnet_conv() {
  return named({conv_layer(96, 3, 55, 11, 4), conv_layer(256, 96, 27, 5, 1, 2), conv_layer(384, 256, 13, 3),
                conv_layer(384, 384, 13, 3, 1, 2), conv_layer(256, 384, 13, 3, 1, 2)});
}

std::vector<Layer> alexnet_owt_conv() {
  return named({conv_layer(64, 3, 55, 11, 4), conv_layer(192, 64, 27, 5), conv_layer(384, 192, 13, 3),
                conv_layer(256, 384, 13, 3), conv_layer(256, 256, 13, 3)});
}

std::vector<Layer> vgg16_conv() {
  return vgg_conv(3, 3, 3);
}
std::vector<Layer> vgg19_conv() {
  return vgg_conv(4, 4, 4);
}
std::vector<Layer> vgg16_fc() {
  return named({fc_layer(25088, 4096), fc_layer(4096, 4096), fc_layer(4096, 1000)});
}

std::vector<Layer> resnet_conv(int depth) {
  const bool bottleneck = depth >= 50;
  std::vector<int> blocks;
  switch (depth) {
    case 18:
      blocks = {2, 2, 2, 2};
      break;
    case 50:
      blocks = {3, 4, 6, 3};
      break;
    case 152:
      blocks = {3, 8, 36, 3};
      break;
    default:
      throw std::invalid_argument("unknown depth");
  }
  std::vector<Layer> layers = {conv_layer(64, 3, 112, 7, 2)};
  std::int64_t in = 64;
  std::int64_t size = 56;
  for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
    const std::int64_t width = 64 << stage;
    const std::int64_t out = bottleneck ? 4 * width : width;
    for (int block = 0; block < blocks[stage]; ++block) {
      const std::int64_t stride = stage > 0 && block == 0 ? 2 : 1;
      const std::int64_t before = size;
      size /= stride;
      if (bottleneck) {
        // The original networks: the stride is in the first 1 x 1 convolution.
        layers.push_back(conv_layer(width, in, size, 1, stride));
        layers.push_back(conv_layer(width, width, size, 3));
        layers.push_back(conv_layer(out, width, size, 1));
      } else {
        layers.push_back(conv_layer(width, in, size, 3, stride));
        layers.push_back(conv_layer(width, width, size, 3));
      }
      if (in != out || before != size) layers.push_back(conv_layer(out, in, size, 1, stride));
      in = out;
    }
  }
  return named(std::move(layers));
}

}  // namespace h2h::test
