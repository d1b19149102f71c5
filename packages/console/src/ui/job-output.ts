import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { fovea } from '../api/client.ts';

/** An output of a job as an address for `<img>`; undefined until it is here. In a picture nothing of it can run. */
export function useOutputAddress(jobId: string, output: { index: number; mediaType: string }): string | undefined {
  const { data } = useQuery({
    queryKey: ['jobs', jobId, 'output', output.index],
    queryFn: async ({ signal }) => (await fovea.jobs.output(jobId, String(output.index), { signal })).arrayBuffer(),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    if (!data) return undefined;
    const made = URL.createObjectURL(new Blob([data], { type: output.mediaType }));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [data, output.mediaType]);
  return data ? address : undefined;
}
