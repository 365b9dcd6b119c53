// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/page/pack.hpp"

#include "base/packed.hpp"

#include <openssl/evp.h>

#include <vector>

namespace assay::report {
void put_number(std::string& out, std::uint64_t value) {
  while (value >= 0x80U) {
    out += static_cast<char>(value | 0x80U);
    value >>= 7U;
  }
  out += static_cast<char>(value);
}

void put_column(std::string& out, std::span<const std::int64_t> column) {
  std::uint64_t before = 0;
  for (const auto value : column) {
    const auto now = static_cast<std::uint64_t>(value);
    const auto difference = now - before;
    put_number(out, (difference << 1U) ^ (0U - (difference >> 63U)));
    before = now;
  }
}

std::string packed(std::string_view bytes) {
  const auto zip = gzipped(bytes);
  std::vector<unsigned char> text(4 * ((zip.size() + 2) / 3) + 1);
  const std::vector<unsigned char> raw(zip.begin(), zip.end());
  const auto size = ::EVP_EncodeBlock(text.data(), raw.data(), static_cast<int>(raw.size()));
  return {text.begin(), text.begin() + size};
}

}  // namespace assay::report
