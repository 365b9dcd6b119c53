// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace assay {

/// SHA-256 over named inputs. Each input is framed by its name and length, so that moving a byte
/// from one input to the next changes the digest.
class Hasher {
 public:
  Hasher();
  void add(std::string_view name, std::string_view content);
  /// Bytes as they are, without a frame: from nothing but these the digest is what `sha256sum` prints.
  void add_bytes(std::string_view bytes);
  /// Error: infrastructure when the file cannot be read.
  [[nodiscard]] Status add_file(std::string_view name, const std::filesystem::path& path);
  /// 64 hexadecimal digits; the hasher is used up.
  [[nodiscard]] std::string finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// Plain SHA-256 of a file, as `sha256sum` prints it.
[[nodiscard]] Result<std::string> sha256_of_file(const std::filesystem::path& path);
/// Plain SHA-256 of bytes, as `sha256sum` prints it.
[[nodiscard]] std::string sha256(std::string_view bytes);

}  // namespace assay
