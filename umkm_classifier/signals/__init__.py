"""What has an opinion about a listing: each signal gives log-odds of ``imported``, or nothing, and says why."""
