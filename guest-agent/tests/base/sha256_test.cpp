// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/sha256.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace assay::agent {
namespace {

std::string digest(const std::string& text, std::size_t piece) {
  Sha256 sha;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    const auto part = std::string_view(text).substr(at, piece);
    sha.add(std::as_bytes(std::span(part)));
  }
  return sha.finish();
}

// The vectors of FIPS 180-4's examples.
TEST(Sha256, KnownDigests) {
  EXPECT_EQ(digest("", 1), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digest("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 64),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(digest(std::string(1'000'000, 'a'), 977),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, AnyLengthInAnyPieces) {
  for (std::size_t length = 50; length < 140; ++length) {
    const std::string text(length, 'x');
    EXPECT_EQ(digest(text, 1), digest(text, length)) << length;
  }
}

}  // namespace
}  // namespace assay::agent
